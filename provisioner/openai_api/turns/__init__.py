"""Runs turns of a conversation with an assistant, on each target. The input of a turn is one message. A turn yields
typed events until the answer is complete.

`events` defines the events. `turn` defines the data that a turn receives and returns. For each target, a separate
module makes the API calls.
"""
