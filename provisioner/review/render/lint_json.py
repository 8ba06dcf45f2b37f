"""Converts the findings of `provision lint` to JSON. The format of the JSON is stable, and its version is in the field
`format_version`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import Any

from provisioner.core.finding import Finding, Findings
from provisioner.core.text.redaction import redact
from provisioner.review.render.json_text import FORMAT_VERSION


def lint_json(findings: Findings) -> Mapping[str, Any]:
    """Returns the findings as a JSON object, in the order of `findings`, with the number of findings of each severity.
    If a finding does not belong to a place in a file, its `file`, `line` and `column` are null.
    """
    return {
        "format_version": FORMAT_VERSION,
        "summary": dict(findings.summary()),
        "models": redact(encodable(findings.note)) or None,
        "findings": [_finding(each) for each in findings.found],
    }


def encodable(text: str) -> str:
    """Returns the text, in which unpaired surrogates are escaped, because UTF-8 cannot encode them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def fingerprints(found: Iterable[tuple[Finding, str]]) -> Iterator[str]:
    """Yields an identifier for each finding. `found` contains pairs: a finding, and the path of its file.

    The identifier is made from the rule, the file and the subject of the finding. If several findings have these in
    common, they are numbered. So the identifier stays the same if only the line or the message of the finding changes.
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
