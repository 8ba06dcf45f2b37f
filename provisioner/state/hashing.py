"""Calculates digests of JSON values. This module imports little, because applications that load a definition wait for
it.
"""

from __future__ import annotations

import hashlib
import json

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from typing import Any


def digest(value: Any) -> str:
    """Returns the SHA-256 of a JSON value, in hexadecimal digits. The order of the keys has no influence."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()
