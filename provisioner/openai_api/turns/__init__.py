"""Runs turns of a dialogue with an assistant, on each target (the API that an assistant is made for). A turn sends one
message to the assistant, and yields typed events until the answer is complete.

The module `events` defines the events. The module `turn` defines the data that a turn receives and returns. Each target
has its own module, which makes the API calls.
"""
