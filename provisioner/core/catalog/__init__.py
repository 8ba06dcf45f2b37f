"""Contains the models, the options of models, and the limits of schemas that OpenAI's API accepted on a certain date.
The data are in catalog.json.

For example, the packages for manifests, targets and lint use this catalog. The emulator has its own rules, so that
tests can find differences between these rules and the catalog.
"""

from __future__ import annotations

from provisioner.core.catalog.data import (
    AS_OF,
    FUNCTION_DESCRIPTION,
    MIN_OUTPUT_TOKENS,
    SCHEMA_RULES,
    SHUTDOWN_DATES,
    UPLOAD_EXTENSIONS,
)
from provisioner.core.catalog.models import NAMES, Family, family_of, is_listed

__all__ = [
    "AS_OF",
    "FUNCTION_DESCRIPTION",
    "MIN_OUTPUT_TOKENS",
    "NAMES",
    "SCHEMA_RULES",
    "SHUTDOWN_DATES",
    "UPLOAD_EXTENSIONS",
    "Family",
    "family_of",
    "is_listed",
]
