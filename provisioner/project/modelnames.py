"""Checks whether the models that the manifests name exist. The models are looked up in the catalog (the list of models
in this version of provision) or, if API calls are allowed, in the list of the API.

A fine-tuned model exists only in one account, and servers other than OpenAI's offer other models. So the check with the
catalog accepts fine-tuned models, and all models of other servers.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.catalog import AS_OF, NAMES, is_listed
from provisioner.core.diagnostic import Diagnostic, Severity, in_order
from provisioner.core.endpoint import OPENAI_HOST, OPENAI_URL
from provisioner.core.errors import ApiError, UsageError
from provisioner.manifest import Manifest, Settings
from provisioner.manifest.sources import NamedModel
from provisioner.manifest.validation.nearest import nearest
from provisioner.openai_api.collections.models import shutdown_dates
from provisioner.openai_api.http.session import Session
from provisioner.project.credentials import BASE_URL, read_dotenv
from provisioner.project.models import API, CACHED, read_dates
from provisioner.review.lint.dates import Dates

RULE = "unknown-model"


class ModelNames(Struct, frozen=True):
    """Compares the models that the manifests name with the models that the API lists. `session` is the connection to
    the project's API. `is_emulated` says whether this API is the emulator.
    """

    settings: Settings
    session: Session
    is_emulated: bool

    def diagnostics(self, manifest: Manifest) -> tuple[Diagnostic, ...]:
        """Returns the manifest's diagnostics after its models were compared with the models that the API lists.

        Before the comparison, the manifest has a warning about each model that the catalog does not list. The result
        does not contain the warning if the API lists the model; otherwise the warning becomes an error. If there is no
        such warning, the API is not called. If the API's list is not available, the warnings stay.
        """
        unknown = find_unknown(manifest)
        listed = self.listed_for({model.name for model in unknown}) if unknown else None
        return manifest.diagnostics if listed is None else replace_model_warnings(manifest, unknown, listed, "error")

    def listed_for(self, names: Collection[str]) -> Collection[str] | None:
        """Returns the names of all models that the API lists, or None if the list is not available.

        A cached list is used only if it contains all of `names`; otherwise the API is asked again.
        """
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
    """Returns whether `dates`, the shutdown dates of models, come from a response of the API that is at most one day
    old. Such dates contain all models of the API.
    """
    return dates.source == API or (dates.source == CACHED and not dates.remark)


def replace_model_warnings(
    manifest: Manifest, unknown: Collection[NamedModel], listed: Collection[str], severity: Severity
) -> tuple[Diagnostic, ...]:
    """Returns the manifest's diagnostics without the warnings about unknown models. `unknown` are the models that the
    catalog does not list, and `listed` are the names that the API lists. Each model in `unknown` that is also missing
    in `listed` gets a new diagnostic with `severity`.
    """
    kept = tuple(each for each in manifest.diagnostics if each.rule != RULE)
    missing = [_unknown_model(model, listed, severity, by_api=True) for model in unknown if model.name not in listed]
    return tuple(in_order([*kept, *missing]))


def warn_of_unknown(manifest: Manifest) -> Manifest:
    """Returns the manifest with an additional warning for each model that is not in the catalog, the list of models in
    this version of provision. The API is not called.
    """
    unknown = find_unknown(manifest)
    warnings = [_unknown_model(model, NAMES, "warning") for model in unknown]
    return replace(manifest, diagnostics=tuple(in_order([*manifest.diagnostics, *warnings])))


def find_unknown(manifest: Manifest) -> list[NamedModel]:
    """Returns the models in the manifest that are not in the catalog, the list of models in this version of provision.
    A model that is written in several places occurs once for each place. Returns an empty list if the API server is not
    OpenAI's.
    """
    unknown = {model.place: model for model in manifest.models if not is_listed(model.name)}
    return list(unknown.values()) if unknown and is_openai(manifest.settings, os.environ) else []


def is_openai(settings: Settings, process: Mapping[str, str]) -> bool:
    """Returns whether the API server is OpenAI's, which is the default. Returns False if `.env` cannot be read.

    The server's base URL is read from `process` (the environment variables), otherwise from the settings, otherwise
    from `.env`.
    """
    base_url = process.get(BASE_URL, "").strip() or settings.base_url
    if not base_url:
        try:
            base_url = read_dotenv(settings.root, process).get(BASE_URL)
        except UsageError:
            return False
    return urlsplit(base_url or OPENAI_URL).hostname == OPENAI_HOST


def _unknown_model(
    model: NamedModel, known: Collection[str], severity: Severity, *, by_api: bool = False
) -> Diagnostic:
    close = nearest(model.name, sorted(known))
    shown = model.name[:80]
    if by_api:
        message = f"the API lists no model `{shown}`; {f'did you mean `{close}`?' if close else 'choose one it lists'}"
    else:
        advice = f"did you mean `{close}`?" if close else "check its name"
        message = f"`{shown}` is not among the models known on {AS_OF}; {advice}"
    return Diagnostic(severity, message, model.place, str(model.address), RULE)


def extra_models(manifest: Manifest) -> tuple[str, ...]:
    """Returns the names of the models that the emulator has to offer in addition to the models in the catalog, the list
    in this version of provision.

    If the project's API server is not OpenAI's, these are the models in the manifest that the catalog does not list.
    Otherwise the result is empty.
    """
    unknown = {model.name for model in manifest.models if not is_listed(model.name)}
    return tuple(sorted(unknown)) if unknown and not is_openai(manifest.settings, os.environ) else ()
