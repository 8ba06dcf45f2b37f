"""Opens one project of the user: its settings, environment, API key, account, state backend and engine.

Import from the modules of this package: `manifests` imports little, and `wiring` imports the engine.
"""
