"""The HTTP calls to the API: a session that translates errors, counts calls and repeats failed ones."""
