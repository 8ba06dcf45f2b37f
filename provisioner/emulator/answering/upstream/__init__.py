"""Lets another server answer turns (`--upstream`). The server needs OpenAI's chat completions. Turns are converted to
chat completions and back.
"""
