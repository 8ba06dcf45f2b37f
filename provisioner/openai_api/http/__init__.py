"""Makes the HTTP calls to the API, in a session that translates errors, reports calls, and repeats failed calls."""
