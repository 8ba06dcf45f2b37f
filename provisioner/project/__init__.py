"""Opens one project of the user: its settings, the chosen environment of the project, the API key, the account, the
state's backend and the engine.

This file imports no module, so each caller imports only the modules that it needs. `manifests` imports few modules, but
`wiring` imports the whole engine.
"""
