"""Exports the recorded assistants, vector stores, skills and files for applications: as JSON, Python, TypeScript, shell
variables, or configurations of other tools. No format contains the value of a secret. The same state and tests always
give the same text.
"""

from __future__ import annotations

from provisioner.review.export.exported import Exported, read_exported
from provisioner.review.export.formats import FORMATS, Format

__all__ = ["FORMATS", "Exported", "Format", "read_exported"]
