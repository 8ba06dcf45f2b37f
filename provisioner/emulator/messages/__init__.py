"""Requests and answers over HTTP: who may ask, the request, refusals in OpenAI's format, and the answer."""
