"""Reads configurations of Terraform."""

from __future__ import annotations

from provisioner.manifest.migration.reading import Reading


def read_hcl(text: str, reading: Reading) -> None:
    """Reports that this format is not read."""
    reading.report("error", "configurations of Terraform cannot be read by this version; leave it out")
