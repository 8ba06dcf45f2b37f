"""The command line: arguments in, one call, exit code out. Only this package uses click or prints."""

from __future__ import annotations

from provisioner.cli.main import main

__all__ = ["main"]
