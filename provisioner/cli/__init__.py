"""Defines the command line of provision. This package parses arguments, calls the lower layers, and returns an exit
code. No other package imports click. No other package prints, except the emulator and child processes, which have
programs of their own.
"""

from __future__ import annotations

from provisioner.cli.main import main

__all__ = ["main"]
