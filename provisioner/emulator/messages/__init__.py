"""Requests and answers over HTTP: checks of a request's origin and key, the request itself, refusals in OpenAI's
format, and answers.
"""
