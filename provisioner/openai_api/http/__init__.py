"""HTTP: one session with the API that translates errors, counts calls and retries them."""
