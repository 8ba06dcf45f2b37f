"""The emulator: a server on this machine that is compatible with OpenAI's API and stores its data in SQLite. It uses no
manifests.
"""
