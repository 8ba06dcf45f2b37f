"""Converts values to JSON."""

from __future__ import annotations

import json
from typing import Any

import msgspec

_ENCODER = msgspec.json.Encoder()


def encode_json(value: Any) -> bytes:
    """Returns the compact JSON of a value in UTF-8."""
    try:
        return _ENCODER.encode(value)
    except (OverflowError, RecursionError):
        # msgspec has no integers of more than 64 bits.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
