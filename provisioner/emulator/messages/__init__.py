"""Defines HTTP requests and responses: checks of a request's origin and key, the request itself, refusals in OpenAI's
format, and responses.
"""
