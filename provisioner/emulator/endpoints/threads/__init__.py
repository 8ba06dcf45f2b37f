"""Implements the endpoints for threads, messages, runs and run steps of the Assistants API v2."""
