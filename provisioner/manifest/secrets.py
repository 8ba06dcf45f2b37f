"""Finds credentials that stand in manifests, where they would go to version control."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from provisioner.manifest.document import BODY, Document, Steps, Written
from provisioner.manifest.report import Report

KEYS = re.compile(
    r"(?:proxy-)?authorization|(?:x-)?(?:api|auth|access)[-_]?(?:key|token)|cookie|.*(?:password|passwd|secret|token).*",
    re.IGNORECASE,
)
VALUES = re.compile(
    r"(?<![A-Za-z0-9_])(?:"
    r"sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{16,}"
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}"
    r"|AKIA[0-9A-Z]{16}"
    r"|AIza[A-Za-z0-9_-]{30,}"
    r"|[Bb]earer\s+(?=[A-Za-z.~+/_-]*[0-9])[A-Za-z0-9.~+/_-]{12,}"
    r")"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    r"|://[^\s/:@]+:[^\s/@]+@"
)
HINT = "write `{runtime: NAME}` and let the application give it, and revoke this one if it was ever pushed"


def check_secrets(document: Document, report: Report) -> None:
    """Tells every literal credential in a manifest, by its place and never by its value."""
    for part in (document, *document.dropped):
        for path in _found(part.data, (), ""):
            report.error(Written(part, path, None), f"a credential must not stand in a manifest; {HINT}")
    if document.body and VALUES.search(document.body):
        report.error(Written(document, BODY, None), f"a credential must not stand in instructions; {HINT}")


def _found(value: Any, path: Steps, owner: str) -> Iterator[Steps]:
    if isinstance(value, str):
        if VALUES.search(value):
            yield path
    elif isinstance(value, dict):
        is_mcp = value.get("type") == "mcp"
        for key, item in value.items():
            secretive = (owner == "headers" and KEYS.fullmatch(key)) or (is_mcp and key == "authorization")
            secretive = secretive or (owner == "domain_secrets" and key == "value")
            if secretive and isinstance(item, str) and item:
                yield (*path, key)
            else:
                yield from _found(item, (*path, key), key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, (*path, index), owner)
