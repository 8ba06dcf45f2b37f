"""The emulator: an OpenAI-compatible server on loopback, kept in SQLite. It knows the wire, not the manifests."""
