"""Reads TypeScript."""

from __future__ import annotations

from provisioner.manifest.migration.reading import Reading


def read_typescript(text: str, reading: Reading) -> None:
    """Reports that this format is not read."""
    reading.report("error", "TypeScript cannot be read by this version; leave it out")
