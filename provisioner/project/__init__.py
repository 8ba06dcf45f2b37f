"""A project, wired: settings, environment, key, account, backend and engine together.

Import from its modules: `manifests` is light, `wiring` loads the engine.
"""
