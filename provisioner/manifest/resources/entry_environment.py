"""Decides whether an entry of `imports:`, `moved:` or `removed:` applies in the chosen environment of the project."""

from __future__ import annotations

from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import Settings
from provisioner.manifest.validation.nearest import advise, enumerate_names


def applies(entry: Written, settings: Settings, report: Report) -> bool:
    """Returns whether an entry applies in the chosen environment of the project. An entry without the field
    `environment` applies in every environment. If the entry names an undeclared environment, this is reported.
    """
    environment = entry.get("environment")
    if environment is None:
        return True
    known = settings.environments or (settings.environment,)
    if environment.value not in known:
        advice = advise(environment.value, known, f"known are {enumerate_names(known)}")
        report.error(environment, f"there is no environment `{environment.value[:60]}`; {advice}")
    return bool(environment.value == settings.environment)
