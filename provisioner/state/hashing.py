"""Calculates digests of JSON values. Applications import this module when they load a definition (the stored arguments
of an assistant). They must start quickly, so this module imports few modules.
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
