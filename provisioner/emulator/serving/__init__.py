"""The server: from a request and its body to an answer, until the server or its parent is stopped."""
