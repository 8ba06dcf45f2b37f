"""Renders plans, events, results of applies and states as text, JSON, Markdown, HTML and pictures.

A function returns text, JSON objects or rows of text, or it writes to a stream that it receives as an argument.
"""
