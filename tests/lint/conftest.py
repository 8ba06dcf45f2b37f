"""A case of lint: a project on disk, and what the rules find in it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from provisioner.core.errors import InvalidManifest
from provisioner.core.finding import Findings, finding_of, in_order
from provisioner.manifest import load_whole
from provisioner.project.modelnames import warn_of_unknown
from provisioner.review.lint import Scan, lint
from provisioner.review.lint.dates import packaged
from tests.manifest.conftest import project as _project

written = _project
"""Writes manifests and works in their project: `written({"a.yaml": …})`."""

CASES = Path(__file__).parent / "cases"
TODAY = date(2026, 11, 10)
"""Further than 60 days from the dates in the package."""


def lint_here(environment: str | None = None, today: date = TODAY, *, checks_models: bool = False) -> Findings:
    """What is found in the `manifests` of the working folder; what keeps them from being loaded, otherwise."""
    scan, folder = Scan(), Path("manifests")
    try:
        manifest, sources = load_whole(folder, environment, look=scan.look)
    except InvalidManifest as invalid:
        return Findings(in_order(map(finding_of, invalid.diagnostics)), Path.cwd(), "manifests/provision.yaml")
    manifest = warn_of_unknown(manifest) if checks_models else manifest
    return lint(manifest, sources, scan, packaged(), today)


def lint_case(arguments: dict[str, Any]) -> Findings:
    """What is found in a case, with the arguments of its case.json."""
    today = arguments.get("today")
    day = date.fromisoformat(today) if today else TODAY
    return lint_here(arguments.get("environment"), day, checks_models=True)
