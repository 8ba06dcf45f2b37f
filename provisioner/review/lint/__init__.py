"""Findings in valid manifests: rules, each with a name, and comments that silence them."""

from __future__ import annotations

from provisioner.review.lint.dates import Dates
from provisioner.review.lint.file_scan import Scan
from provisioner.review.lint.linting import lint

__all__ = ["Dates", "Scan", "lint"]
