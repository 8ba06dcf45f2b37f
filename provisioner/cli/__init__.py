"""Words typed → one call → exit code. The only place that knows click, and the only one that prints."""

from __future__ import annotations

from provisioner.cli.main import main

__all__ = ["main"]
