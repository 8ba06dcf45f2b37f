"""Finds credentials: in manifests, where they would go to version control, and in any other text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from provisioner.diagnostic import Place
from provisioner.manifest.document import BODY, Document, Steps, Written
from provisioner.manifest.report import Report

KEYS = re.compile(
    r"(?:proxy-)?authorization|(?:x-)?(?:api|auth|access)[-_]?(?:key|token)|cookie|.*(?:password|passwd|secret|token).*",
    re.IGNORECASE,
)
HINT = "write `{runtime: NAME}` and let the application give it, and revoke this one if it was ever pushed"
DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential in a text: where it begins, its kind in words, and its first four letters where they say nothing."""

    offset: int
    kind: str
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one kind of credential looks like.

    `mark` is in every one of them: without it, the expression is not tried. With `digit`, a match without a digit is
    a word. `is_public` says that the first four letters are the same, or nearly so, for all of the kind.
    """

    kind: str
    mark: str
    expression: re.Pattern[str]
    digit: bool = False
    is_public: bool = True


def _word(prefix: str, rest: str) -> re.Pattern[str]:
    """`prefix` at the beginning of a word, then `rest`. The prefix comes first, so that it is looked for quickly."""
    return re.compile(rf"{prefix}(?<![A-Za-z0-9_]{prefix}){rest}")


# Each takes time that grows no faster than the text: none looks ahead further than it then goes.
SHAPES = (
    Shape("an API key", "sk-", _word("sk-", r"[A-Za-z0-9_-]{16,}"), digit=True),
    Shape("a GitHub token", "gh", _word("gh[pousr]_", r"[A-Za-z0-9]{20,}")),
    Shape("a GitHub token", "github_pat_", _word("github_pat_", r"[A-Za-z0-9_]{20,}")),
    Shape("a Slack token", "xox", _word("xox[abeprs]-", r"[A-Za-z0-9-]{10,}")),
    Shape("an AWS key", "AKIA", _word("AKIA", r"[0-9A-Z]{16}")),
    Shape("a Google key", "AIza", _word("AIza", r"[A-Za-z0-9_-]{30,}")),
    Shape("a bearer token", "earer", _word("[Bb]earer", r"\s+[A-Za-z0-9.~+/_-]{12,}"), digit=True, is_public=False),
    Shape(
        "a private key", "PRIVATE KEY-----", re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), is_public=False
    ),
    Shape("a password in a URL", "://", re.compile(r"://[^\s/:@]+:[^\s/@]+@"), is_public=False),
)  # fmt: skip


def find_credentials(text: str) -> Iterator[Credential]:
    """Every credential in a text, by kind; the value is not in what is given."""
    for shape in SHAPES:
        if shape.mark in text:
            for match in shape.expression.finditer(text):
                if not shape.digit or DIGIT.search(match[0]):
                    yield Credential(match.start(), shape.kind, match[0][:4] if shape.is_public else "")


def is_secret(text: str) -> bool:
    """Whether there is a credential in a text."""
    return next(find_credentials(text), None) is not None


def check_secrets(document: Document, report: Report) -> None:
    """Tells every literal credential in a manifest, by its place and never by its value."""
    for part in (document, *document.dropped):
        for path in _found(part.data, (), ""):
            written = Written(part, path, None)
            report.error(written, f"a credential must not stand in a manifest; {HINT}", rule="secret")
    for credential in find_credentials(document.body or ""):
        place = _inside_body(document, credential.offset)
        report.error(place, f"a credential must not stand in instructions; {HINT}", rule="secret")


def _inside_body(document: Document, offset: int) -> Place:
    before = (document.body or "")[:offset]
    begin = document.place(BODY)
    return Place(begin.file, begin.line + before.count("\n"), offset - before.rfind("\n"))


def _found(value: Any, path: Steps, owner: str) -> Iterator[Steps]:
    if isinstance(value, str):
        if is_secret(value):
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
