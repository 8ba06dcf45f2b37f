"""The emulator: a server on this machine that is compatible with OpenAI's API. It stores its data in SQLite, and uses
no manifests.
"""
