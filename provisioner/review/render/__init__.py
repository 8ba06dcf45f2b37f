"""Shows plans, events, results of applies and states as text, JSON, Markdown, HTML and pictures.

The functions return text, or write to the stream that they are given.
"""
