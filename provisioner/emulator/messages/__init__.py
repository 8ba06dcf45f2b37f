"""Requests and answers over HTTP: checks of the origin and the key, the request, refusals in OpenAI's format, and the
answer.
"""
