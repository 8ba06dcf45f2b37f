"""Runs turns (a message and its answer) with assistants: opens a conversation on the API for which the assistant was
made, answers function calls, and cleans up.
"""
