"""Chooses the environment of the project, and finds the settings that apply in it: the settings of the project,
overridden by those of the environment.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.inheritance import merge_fields
from provisioner.manifest.validation.nearest import advise, enumerate_names

#: The name of the environment of a project that declares no environments.
DEFAULT = "default"


class Layers(Struct, frozen=True):
    """The name of an environment of the project, and the mappings of settings that apply in this environment. A later
    mapping overrides an earlier mapping.

    `is_known` is False if the choice of the environment was reported as an error. Then `layers` contains only the
    settings that are common to all environments.
    """

    environment: str
    layers: tuple[Written, ...]
    is_known: bool = True


def choose_layers(written: Written, environment: str | None, report: Report) -> Layers:
    """Returns the settings that apply in `environment`, an environment of the project. If `environment` is None, the
    environment in the setting `default_environment:` is chosen. `written` is the content of the settings file.

    A project without `environments:` has one environment, named `default`. If a project has environments, and neither
    `environment` nor the setting names one, the environment named `default` is used. Reports an error if the
    environment is not declared.
    """
    declared = written.get("environments")
    names = list(declared.value) if declared else []
    preferred = _preferred(written, declared, names, report)
    chosen = environment or preferred
    if declared is None or not names:
        return _choose_undeclared(written, environment, report)
    if chosen is None:
        chosen = DEFAULT
        if DEFAULT not in names:
            is_reported = written.value.get("default_environment") is not None
            if not is_reported:
                _report_no_choice(declared, names, written, report)
            return Layers(DEFAULT, (written,), False)
    if chosen not in names:
        advice = advise(chosen, names, f"choose one of them with --env, or declare it in {written.document.path.name}")
        message = f"there is no environment `{chosen}`; declared are {enumerate_names(names)}; {advice}"
        report.error(declared.key_place, message)
        return Layers(chosen, (written,), False)
    block = declared.get(chosen)
    return Layers(chosen, (written, block) if block else (written,))


def _choose_undeclared(written: Written, environment: str | None, report: Report) -> Layers:
    if environment in (None, DEFAULT):
        return Layers(DEFAULT, (written,))
    if not written.value.get("environments"):
        advice = f"declare it in {written.document.path.name} under `environments:`, or leave --env out"
        report.error(written.document.place(), f"there is no environment `{environment}`; none is declared; {advice}")
    return Layers(str(environment), (written,), False)


def _preferred(written: Written, declared: Written | None, names: list[str], report: Report) -> str | None:
    """Returns the environment of the project that the setting `default_environment:` names. Returns None if the setting
    is missing. If the setting names an undeclared environment, reports an error and returns None. `written` is the
    content of the settings file, and `names` are the declared environments.
    """
    preferred = written.get("default_environment")
    if preferred is None:
        return None
    if preferred.value in names:
        return str(preferred.value)
    if declared is not None or not written.value.get("environments"):
        advice = advise(preferred.value, names, "declare it under `environments:`, or remove this line")
        message = f"there is no environment `{preferred.value}`; declared are {enumerate_names(names)}; {advice}"
        report.error(preferred, message)
    return None


def _report_no_choice(declared: Written, names: list[str], written: Written, report: Report) -> None:
    message = f"no environment is chosen; declared are {enumerate_names(names)}"
    advice = f"choose one with --env, or write `default_environment: {names[0]}` in {written.document.path.name}"
    report.error(declared.key_place, f"{message}; {advice}")


def merge_block(name: str, layers: Sequence[Written]) -> dict[str, Written]:
    """Returns the fields of the setting `name`, keyed by the name of the field. `layers` contains the mapping with the
    settings of the project, and after it the mapping with the settings of the environment, if there is one. A field in
    a later mapping overrides the field in an earlier mapping. Fields whose final value is null are left out.
    """
    merged: dict[str, Written] = {}
    for layer in layers:
        if block := layer.get(name):
            merged = merge_fields(merged, dict(block.fields()))
    return {field: item for field, item in merged.items() if item.value is not None}
