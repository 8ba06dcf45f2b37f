"""Runs all lint rules on a project, and removes the findings that comments or settings silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from provisioner.core.diagnostic import SEVERITIES
from provisioner.core.finding import Finding, Findings, finding_of, in_order
from provisioner.core.rule import MANIFEST
from provisioner.manifest import Manifest, Sources
from provisioner.manifest.limits import FINDINGS
from provisioner.manifest.parsing.document import shown
from provisioner.manifest.project_settings.settings import FILE
from provisioner.manifest.silences import Silences
from provisioner.review.lint.dates import Dates
from provisioner.review.lint.duplicates import find_duplicates
from provisioner.review.lint.file_scan import Scan
from provisioner.review.lint.functions import find_loose, find_unattached, find_unmentioned
from provisioner.review.lint.indexing import find_unindexable
from provisioner.review.lint.models import find_ending
from provisioner.review.lint.prompts import Prompts
from provisioner.review.lint.secrets import find_secrets
from provisioner.review.lint.usage import find_described, find_unused


def lint(manifest: Manifest, sources: Sources, scan: Scan, dates: Dates, today: date) -> Findings:
    """Returns the findings in a valid project, sorted by their places in the files.

    `sources` are the parsed documents from which `manifest` was made. `scan` contains the results of examining the
    project's files, and `dates` the shutdown dates of models. `today` is the date with which the shutdown dates are
    compared.
    """
    silences = _silences(sources, scan)
    off = set(manifest.settings.silenced)
    found = [each for each in _find(manifest, sources, scan, dates, today) if each.rule not in off]
    kept = [each for each in found if not silences.cover(each)]
    if "unused-silence" not in off:
        kept += silences.unused()
    settings = manifest.settings
    file = shown(settings.folder / FILE)
    bounded = _bounded(in_order(kept))
    return Findings(bounded, settings.root, file, dates.describe(today), len(manifest.resources))


def _bounded(found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Returns the most severe findings in `found`, at most FINDINGS. If `found` contains more, an additional finding
    says how many are not shown.
    """
    if len(found) <= FINDINGS:
        return found
    most_severe = sorted(found, key=lambda each: SEVERITIES.index(each.severity))
    shown, hidden = in_order(most_severe[:FINDINGS]), most_severe[FINDINGS:]
    message = f"{len(hidden):,} more findings are not shown; correct those above first"
    return (*shown, Finding(MANIFEST, message, None, None, message, hidden[0].severity))


def _find(manifest: Manifest, sources: Sources, scan: Scan, dates: Dates, today: date) -> Iterator[Finding]:
    prompts = Prompts()
    yield from map(finding_of, manifest.diagnostics)
    yield from find_secrets(sources, scan)
    yield from find_unindexable(manifest.resources, sources, scan)
    yield from find_duplicates(sources, prompts)
    yield from find_unattached(sources, prompts)
    yield from find_unmentioned(sources, prompts)
    yield from find_loose(sources, manifest.settings)
    yield from find_unused(manifest.resources, sources)
    yield from find_described(sources)
    yield from find_ending(sources, dates, today)


def _silences(sources: Sources, scan: Scan) -> Silences:
    """Returns the comments that silence rules, collected from manifests, schemas, prompts and uploaded files."""
    silences = Silences()
    for document in (*sources.documents, *(document for _, document in sources.schemas)):
        silences.read(shown(document.path), document.text, document.node)
    inline = (part for assistant in sources.assistants for _, part in assistant.parts)
    for part in (*inline, *sources.fragments):
        if part.path is not None:
            silences.read(shown(part.path), part.raw)
    for path, looked in scan.seen.items():
        silences.take(shown(path), list(looked.silences))
    return silences
