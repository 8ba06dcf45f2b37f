"""Runs the lint rules on the chosen project. The manifests are read once, and the shutdown dates of models are
requested from the API.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from msgspec.structs import replace

from provisioner.core.errors import InvalidManifest, ProvisionError, diagnose
from provisioner.core.finding import Findings, finding_of, in_order
from provisioner.manifest import find
from provisioner.manifest.parsing.document import shown
from provisioner.manifest.project_settings.settings import FILE
from provisioner.openai_api.http.session import Call, Wait
from provisioner.project.command_options import Choice
from provisioner.project.manifests import read_whole
from provisioner.project.modelnames import find_unknown, is_asked, replace_model_warnings
from provisioner.project.models import read_dates
from provisioner.project.pinned import find_pinned
from provisioner.review.lint import Scan, lint


def lint_project(choice: Choice, *, offline: bool, observe: Callable[[Call | Wait], None]) -> Findings:
    """Returns the findings of all lint rules in the chosen project.

    If `offline` is True, the API is not called, and only a state in a local folder is read. `observe` is called with
    each HTTP call. Raises UsageError if no project is found, and InvalidManifest if the manifests have errors.
    """
    scan = Scan()
    manifest, sources = read_whole(choice, scan.look)
    now = datetime.now(UTC)
    dates = read_dates(manifest.settings, now, offline=offline, observe=observe)
    if is_asked(dates):
        unknown = find_unknown(manifest)
        manifest = replace(manifest, diagnostics=replace_model_warnings(manifest, unknown, dates.by_model, "warning"))
    pinned = find_pinned(choice, manifest, offline=offline)
    manifest = replace(manifest, diagnostics=(*manifest.diagnostics, *pinned))
    return lint(manifest, sources, scan, dates, now.date())


def of_failure(choice: Choice, error: ProvisionError) -> Findings:
    """Converts `error`, an error that prevents the manifests from being read, to lint findings. Each problem in `error`
    becomes one finding.
    """
    folder = choice.folder.resolve()
    found = in_order(map(finding_of, diagnose(error)))
    if not isinstance(error, InvalidManifest):
        return Findings(found, folder, shown(folder / FILE))
    folder = find(choice.folder)
    return Findings(found, folder.parent, shown(folder / FILE))
