"""Findings as JSON. The shape is a promise: `format_version` says which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from provisioner.core.finding import Finding, Findings
from provisioner.core.text.redaction import redact
from provisioner.review.render.json_text import FORMAT_VERSION


def lint_json(findings: Findings) -> Mapping[str, Any]:
    """Every finding in order of place, and counts by severity; what has no place has nulls."""
    return {
        "format_version": FORMAT_VERSION,
        "summary": dict(findings.summary()),
        "models": redact(encodable(findings.note)) or None,
        "findings": [_finding(each) for each in findings.found],
    }


def encodable(text: str) -> str:
    """The text, with halves of letters, which no JSON in UTF-8 can hold, spelled as escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def fingerprints(found: Iterable[tuple[Finding, str]]) -> Iterator[str]:
    """A name for each finding that its line and wording do not change: of its rule, its file (as given), what it is
    about, and which one of several such it is.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    for each, file in found:
        key = (each.rule, file, each.subject or each.message)
        text = "\0".join((*key, str(seen[key])))
        seen[key] += 1
        yield sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _finding(found: Finding) -> dict[str, Any]:
    return {
        "rule": found.rule,
        "severity": found.severity,
        "message": redact(encodable(found.message)),
        "file": encodable(found.place.file) if found.place else None,
        "line": found.place.line if found.place else None,
        "column": found.place.column if found.place else None,
        "address": encodable(found.address) if found.address else None,
    }
