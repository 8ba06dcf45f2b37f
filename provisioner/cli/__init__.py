"""Defines the command line of provision. This package parses arguments, calls the lower layers, and returns an exit
code. No other package imports click or prints.
"""

from __future__ import annotations

from provisioner.cli.main import main

__all__ = ["main"]
