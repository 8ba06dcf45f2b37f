"""Writes the recorded assistants, stores, skills and files as JSON, Python, TypeScript, shell variables, or
configurations of other tools. Applications read the result. No format contains the value of a secret, and equal states
give equal texts.
"""

from __future__ import annotations

from provisioner.review.export.exported import Exported, read_exported
from provisioner.review.export.formats import FORMATS, Format

__all__ = ["FORMATS", "Exported", "Format", "read_exported"]
