"""Opens one project of the user: its settings, the chosen environment of the project, the API key, the account, the
state's backend and the engine.

Callers import single modules of this package, because `manifests` imports few modules and `wiring` imports the engine.
"""
