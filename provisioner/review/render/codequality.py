"""Converts the findings of `provision lint` to a code-quality report for GitLab. Paths are relative to the working
folder. In a GitLab job, the working folder is the root folder of the repository.
"""

from __future__ import annotations

from typing import Any

from provisioner.core.diagnostic import Place, Severity
from provisioner.core.finding import Findings
from provisioner.core.text.redaction import redact
from provisioner.review.render.lint_json import encodable, fingerprints

#: GitLab's severity for each severity of provision. GitLab's documentation of the report has: info, minor, major,
#: critical, blocker.
SEVERITIES: dict[Severity, str] = {"error": "major", "blocked": "major", "warning": "minor", "info": "info"}


def codequality(findings: Findings) -> list[dict[str, Any]]:
    """Returns the findings as a code-quality report for GitLab: a list with one JSON object for each finding. GitLab
    requires a file in each object. So a finding without a place gets the path of the settings file.
    """
    placed = [(each, each.place or Place(findings.settings)) for each in findings.found]
    prints = fingerprints((each, place.file) for each, place in placed)
    return [
        {
            "description": redact(encodable(each.message)),
            "check_name": each.rule,
            "fingerprint": fingerprint,
            "severity": SEVERITIES[each.severity],
            "location": {"path": encodable(place.file), "lines": {"begin": place.line}},
        }
        for (each, place), fingerprint in zip(placed, prints, strict=True)
    ]
