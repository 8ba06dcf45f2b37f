"""Renders plans, events, results of applies and states as text, JSON, Markdown, HTML and pictures.

Each function either returns text, or writes to a stream that it receives as an argument.
"""
