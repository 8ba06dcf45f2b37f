"""Calculates digests of JSON values. This module imports few modules, because it is imported by applications that load
a definition and must start quickly.
"""

from __future__ import annotations

import hashlib
import json

TYPE_CHECKING = False  # Importing `typing` takes several milliseconds.
if TYPE_CHECKING:
    from typing import Any


def digest(value: Any) -> str:
    """Returns the SHA-256 of the JSON value `value`, in hexadecimal digits. The order of the keys does not change the
    digest.
    """
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return digest_of(text.encode(errors="backslashreplace"))


def digest_of(data: bytes) -> str:
    """Returns the SHA-256 of the bytes of a JSON text, in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()
