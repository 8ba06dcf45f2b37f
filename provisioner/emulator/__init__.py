"""The emulator: an OpenAI-compatible server on loopback that keeps its data in SQLite. It does not know manifests."""
