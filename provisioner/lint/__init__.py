"""What can be said of manifests that are valid: rules, each with a name, and comments that silence them."""

from __future__ import annotations

from provisioner.lint.dates import Dates
from provisioner.lint.linting import lint
from provisioner.lint.scan import Scan

__all__ = ["Dates", "Scan", "lint"]
