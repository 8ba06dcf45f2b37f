"""Implements the emulator: a local server that is compatible with OpenAI's API. The emulator stores its data in SQLite,
and uses no manifests.
"""
