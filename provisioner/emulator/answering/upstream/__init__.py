"""Lets another server answer turns (`--upstream`). The other server must support OpenAI's chat completions. Turns are
converted to requests for chat completions, and the completions are converted to outputs of the turn.
"""
