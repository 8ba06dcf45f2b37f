"""Opens one project of the user: its settings, chosen environment, API key, account, state backend and engine.

Callers import single modules of this package, because `manifests` imports little and `wiring` imports the engine.
"""
