"""The endpoints for the Responses API, and their requests, conversations and streamed events."""
