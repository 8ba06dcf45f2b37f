"""Implements the endpoints of the Responses API, with their requests, conversations and streamed events."""
