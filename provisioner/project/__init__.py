"""One project: settings, environment, key, account, backend and engine.

Import from its modules: `manifests` loads little, `wiring` loads the engine.
"""
