"""Builds the paths of requests."""

from __future__ import annotations

from urllib.parse import quote


def join_path(*parts: str) -> str:
    """Returns the path of a request. Each part is percent-encoded, so that an id cannot change the path."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)
