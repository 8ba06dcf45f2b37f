"""Whether the models that the manifests name exist: by the dated catalog, and by the API's list where one is asked.

Fine-tuned models are only known to their account, and servers other than OpenAI's have models of their own: both are
passed through.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from provisioner.core.catalog import AS_OF, NAMES, is_listed
from provisioner.core.diagnostic import Diagnostic, Severity, in_order
from provisioner.core.endpoint import OPENAI_HOST, OPENAI_URL
from provisioner.core.errors import ApiError, UsageError
from provisioner.manifest import Manifest, Settings
from provisioner.manifest.nearest import nearest
from provisioner.manifest.sources import NamedModel
from provisioner.openai_api.collections.models import shutdown_dates
from provisioner.openai_api.http.session import Session
from provisioner.project.credentials import BASE_URL, read_dotenv
from provisioner.project.models import API, CACHED, read_dates
from provisioner.review.lint.dates import Dates

RULE = "unknown-model"


@dataclass(frozen=True, slots=True)
class ModelNames:
    """Tells which models of a project do not exist. `session` is on the server that the project is applied to."""

    settings: Settings
    session: Session
    is_emulated: bool

    def diagnostics(self, manifest: Manifest) -> tuple[Diagnostic, ...]:
        """The manifest's diagnostics. What was a warning about a name is an error, or nothing, where the API is asked.

        One list call, and only where a name is not in the catalog. A list that cannot be had leaves the warning.
        """
        unknown = find_unknown(manifest)
        listed = self.listed_for({model.name for model in unknown}) if unknown else None
        return manifest.diagnostics if listed is None else settle(manifest, unknown, listed, "error")

    def listed_for(self, names: Collection[str]) -> Collection[str] | None:
        """The names that the API lists, or None. A list from the cache counts only if it has all of `names`."""
        if self.is_emulated:
            try:
                return shutdown_dates(self.session)
            except ApiError:
                return None
        now = datetime.now(UTC)
        dates = read_dates(self.settings, now, offline=False)
        if dates.source == CACHED and not dates.remark and not set(names) <= dates.by_model.keys():
            dates = read_dates(self.settings, now, offline=False, is_cached=False)
        return dates.by_model if is_asked(dates) else None


def is_asked(dates: Dates) -> bool:
    """Whether dates have every name that the API lists, as of today or yesterday."""
    return dates.source == API or (dates.source == CACHED and not dates.remark)


def settle(
    manifest: Manifest, unknown: Collection[NamedModel], listed: Collection[str], severity: Severity
) -> tuple[Diagnostic, ...]:
    """The manifest's diagnostics, with what the API's list says about unknown models instead of what was guessed."""
    kept = tuple(each for each in manifest.diagnostics if each.rule != RULE)
    missing = [_tell(model, listed, severity, by_api=True) for model in unknown if model.name not in listed]
    return tuple(in_order([*kept, *missing]))


def warn_of_unknown(manifest: Manifest) -> Manifest:
    """The manifest with a warning for each model that the catalog does not list. Calls nothing."""
    unknown = find_unknown(manifest)
    told = [_tell(model, NAMES, "warning") for model in unknown]
    return replace(manifest, diagnostics=tuple(in_order([*manifest.diagnostics, *told])))


def find_unknown(manifest: Manifest) -> list[NamedModel]:
    """The models that the catalog does not list, each place once; none where the server is not OpenAI's."""
    unknown = {model.place: model for model in manifest.models if not is_listed(model.name)}
    return list(unknown.values()) if unknown and is_openai(manifest.settings, os.environ) else []


def is_openai(settings: Settings, process: Mapping[str, str]) -> bool:
    """Whether the server is OpenAI's own: nothing, or its URL, stands in the environment, the settings and `.env`."""
    base_url = process.get(BASE_URL, "").strip() or settings.base_url
    if not base_url:
        try:
            base_url = read_dotenv(settings.root, process).get(BASE_URL)
        except UsageError:
            return False
    return urlsplit(base_url or OPENAI_URL).hostname == OPENAI_HOST


def _tell(model: NamedModel, known: Collection[str], severity: Severity, *, by_api: bool = False) -> Diagnostic:
    close = nearest(model.name, sorted(known))
    shown = model.name[:80]
    if by_api:
        message = f"the API lists no model `{shown}`; {f'did you mean `{close}`?' if close else 'choose one it lists'}"
    else:
        advice = f"did you mean `{close}`?" if close else "check its name"
        message = f"`{shown}` is not among the models known on {AS_OF}; {advice}"
    return Diagnostic(severity, message, model.place, str(model.address), RULE)


def extra_models(manifest: Manifest) -> tuple[str, ...]:
    """The models that the embedded emulator is to have beside OpenAI's: all that are meant for another server."""
    unknown = {model.name for model in manifest.models if not is_listed(model.name)}
    return tuple(sorted(unknown)) if unknown and not is_openai(manifest.settings, os.environ) else ()
