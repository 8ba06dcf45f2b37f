"""Turns of a conversation with an assistant, on each target: one input, and typed events until the answer is complete.

`events` has the events, `turn` the data that goes in and comes out. A module for each target makes the API calls.
"""
