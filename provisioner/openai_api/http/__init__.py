"""The wire: one session with the API, its errors translated, its calls counted and retried."""
