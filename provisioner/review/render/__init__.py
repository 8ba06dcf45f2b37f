"""Plans, events, outcomes and states as text, JSON, Markdown, HTML and pictures.

It returns text, or writes to the stream that it is given.
"""
