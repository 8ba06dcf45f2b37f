"""Finds weaknesses in valid manifests. Each lint rule has a name. A comment with this name in a manifest silences the
rule.
"""

from __future__ import annotations

from provisioner.review.lint.dates import Dates
from provisioner.review.lint.file_scan import Scan
from provisioner.review.lint.linting import lint

__all__ = ["Dates", "Scan", "lint"]
