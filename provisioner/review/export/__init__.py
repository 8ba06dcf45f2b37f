"""Writes what is recorded in the forms that applications and other tools read: JSON, Python, TypeScript, variables,
configurations of other tools. No form contains the value of a secret, and equal states give equal texts.
"""

from __future__ import annotations

from provisioner.review.export.exported import Exported, read_exported
from provisioner.review.export.formats import FORMATS, Format

__all__ = ["FORMATS", "Exported", "Format", "read_exported"]
