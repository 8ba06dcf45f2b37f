"""The HTTP calls to the API: a session that translates errors, reports calls and repeats failed calls."""
