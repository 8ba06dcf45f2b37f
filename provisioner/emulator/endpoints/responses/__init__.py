"""The Responses API and conversations: requests, the items of a conversation, and the events of a stream."""
