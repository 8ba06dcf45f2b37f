"""Runs turns with assistants: opens a conversation on the assistant's target, answers function calls, and cleans up."""
