"""The command line: it parses arguments, calls the lower layers, and returns an exit code. Only this package imports
click or prints.
"""

from __future__ import annotations

from provisioner.cli.main import main

__all__ = ["main"]
