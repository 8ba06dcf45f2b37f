"""One project of the user: its settings, environment, API key, account, state backend and engine.

Import from its modules: `manifests` loads little, `wiring` loads the engine.
"""
