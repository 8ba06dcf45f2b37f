"""Checks the data of the settings file."""

from __future__ import annotations

import re
from typing import Any

from provisioner.core.leaves import leaves
from provisioner.manifest.parsing.document import Written
from provisioner.manifest.parsing.reading import Reading
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.common_settings import are_certainly_valid

#: The beginning of an expression whose value is not known when the settings are read.
EXPRESSION = re.compile(r"\$\{\s*(?:var|each|env|file|vector_store|skill|assistant|environment)\b")


def check_settings(reading: Reading, report: Report) -> Written:
    """Returns the checked content of the settings file as a Written value (a value with its place). Errors are
    reported. Raises InvalidManifest if the content is not a mapping.
    """
    report.take(reading.diagnostics)
    document = reading.document
    data = document.data
    if not isinstance(data, dict):
        if not any(item.severity == "error" for item in report.diagnostics):
            report.error(document.place(), "these are no settings; write `project: NAME`")
        report.finish()
    data = {key: value for key, value in data.items() if not key.startswith("x-")}
    checked = _without_expressions(data)
    if not are_certainly_valid(checked):
        _check_with_models(Written(document, (), checked), report)
    return Written(document, (), data)


def _check_with_models(written: Written, report: Report) -> None:
    """Reports the errors in the settings. The pydantic models are imported only here, because importing them takes long
    (see the module `common_settings`).
    """
    from provisioner.manifest.project_settings.settingsmodel import SETTINGS
    from provisioner.manifest.validation.model_validation import check_with_model

    check_with_model(SETTINGS, written, report)


def _without_expressions(data: dict[str, Any]) -> dict[str, Any]:
    """Returns the settings without those defaults of assistants that contain expressions. These defaults are checked
    later, when the values of their expressions are known.
    """
    result = dict(data)
    if isinstance(defaults := data.get("defaults"), dict):
        result["defaults"] = {name: item for name, item in defaults.items() if not _has_expression(item)}
    if isinstance(environments := data.get("environments"), dict):
        result["environments"] = {
            name: _without_expressions(block) if isinstance(block, dict) else block
            for name, block in environments.items()
        }
    return result


def _has_expression(value: Any) -> bool:
    return any(isinstance(each, str) and EXPRESSION.search(each) for each in leaves(value))
