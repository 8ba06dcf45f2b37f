"""Makes the HTTP calls to the API. A session translates errors, reports calls, and repeats failed calls."""
