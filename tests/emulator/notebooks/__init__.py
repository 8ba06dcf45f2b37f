"""Notebooks that were run against the real API, and their comparison with the same cells run against the emulator."""
