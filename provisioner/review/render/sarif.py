"""Converts the findings of `provision lint` to the format SARIF 2.1.0 of OASIS. The result contains one run, with the
descriptions of all rules. Paths are relative to the root folder of the project.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from provisioner import __version__
from provisioner.core.diagnostic import Place, Severity
from provisioner.core.finding import Finding, Findings
from provisioner.core.rule import RULES, Rule
from provisioner.core.text.redaction import redact
from provisioner.review.render.lint_json import encodable, fingerprints

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
ROOT = "%SRCROOT%"
LEVELS: dict[Severity, str] = {"error": "error", "blocked": "error", "warning": "warning", "info": "note"}
#: A square bracket, and the backslashes before it.
BRACKET = re.compile(r"(?<!\\)(\\*+)([\[\]])")
INDEX = {rule.name: index for index, rule in enumerate(RULES)}


def sarif(findings: Findings) -> dict[str, Any]:
    """Returns the findings as a SARIF log. The log also contains a message that says where the shutdown dates of the
    models come from.
    """
    locations = [_location(each.place, findings.root) if each.place else None for each in findings.found]
    files = [_uri(each) for each in locations]
    prints = fingerprints(zip(findings.found, files, strict=True))
    results = [_result(*each) for each in zip(findings.found, locations, prints, strict=True)]
    invocation: dict[str, Any] = {"executionSuccessful": True}
    if findings.note:
        invocation["toolExecutionNotifications"] = [
            {"level": "note", "message": {"text": _without_links(redact(encodable(findings.note)))}}
        ]
    driver = {"name": "provision", "version": __version__, "rules": [_rule(rule) for rule in RULES]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": f"{rule.summary} {rule.why}"},
        "help": {"text": rule.correction},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
    }


def _result(found: Finding, location: dict[str, Any] | None, fingerprint: str) -> dict[str, Any]:
    return {
        "ruleId": found.rule,
        "ruleIndex": INDEX[found.rule],
        "level": LEVELS[found.severity],
        "message": {"text": _without_links(redact(encodable(found.message)))},
        "locations": [location] if location else [],
        "partialFingerprints": {"provisionLint/v1": fingerprint},
    }


def _without_links(text: str) -> str:
    """Returns the message, changed so that no part of it is a link. SARIF interprets `[text](target)` as a link even in
    plain text. So, if the message contains `](`, its square brackets are escaped.

    The brackets are escaped with a backslash. Source: SARIF 2.1.0, section 3.11.6.
    """
    return BRACKET.sub(r"\1\1\\\2", text) if "](" in text else text


def _location(place: Place, root: Path) -> dict[str, Any]:
    region = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": {"artifactLocation": _artifact(place.file, root), "region": region}}


def _artifact(file: str, root: Path) -> dict[str, str]:
    """Returns the SARIF location of a file. It contains the path relative to `root`, the root folder of the project. If
    the file is outside of this folder, the path is absolute.
    """
    path = Path(os.path.abspath(file))
    if path.is_relative_to(root):
        return {"uri": quote(os.fsencode(path.relative_to(root).as_posix())), "uriBaseId": ROOT}
    return {"uri": f"file://{quote(os.fsencode(path.as_posix()))}"}


def _uri(location: dict[str, Any] | None) -> str:
    return str(location["physicalLocation"]["artifactLocation"]["uri"]) if location else ""
