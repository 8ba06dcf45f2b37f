"""Runs turns of a conversation with an assistant, on each target. A turn has one message as its input, and typed events
until the answer is complete.

`events` defines the events. `turn` defines the data that a turn receives and returns. A separate module for each target
makes the API calls.
"""
