"""Models, their options and the limits of schemas that OpenAI's API accepts, as of a date. The data is in catalog.json.

The manifests, the targets and lint read it. The emulator has rules of its own, so that tests can find a difference.
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
