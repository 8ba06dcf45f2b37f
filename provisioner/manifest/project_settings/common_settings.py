"""Recognises settings that are certainly valid, without the pydantic models of the settings file.

These models include the pydantic models for assistants, because of the setting `defaults:`. If a command reads only the
state, importing and building the models would take longer than the rest of the command. Most settings files contain
only common values of a few settings. This module recognises these values. All other settings are checked with the
models, which also make the messages about errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from provisioner.core.defaults import TARGETS
from provisioner.core.endpoint import find_base_url_fault
from provisioner.manifest.limits import ENVIRONMENTS, MOST_RELEASES
from provisioner.state.backends.opening import EXTRAS, is_remote
from provisioner.state.backends.urls import find_unfit_character

#: Names that the models accept. This is a part of the names that they accept, as in the other expressions below.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}")
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


def are_certainly_valid(settings: Any) -> bool:
    """Returns whether `settings`, the data of a settings file, contains only common values that are certainly valid. If
    the result is False, the settings may be valid or not.
    """
    return (
        isinstance(settings, Mapping)
        and _is_name(settings.get("project"))
        and all(key == "project" or _is_valid(_OF_PROJECT, key, value) for key, value in settings.items())
    )


def _is_valid(checks: Mapping[str, Callable[[Any], bool]], key: object, value: Any) -> bool:
    return isinstance(key, str) and key in checks and (value is None or checks[key](value))


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and NAME.fullmatch(value) is not None


def _is_state(value: Any) -> bool:
    if not isinstance(value, str) or not value.strip() or find_unfit_character(value):
        return False
    return not is_remote(value) or value.partition(":")[0] in (*EXTRAS, "git")


def _is_root(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and not find_unfit_character(value)


def _is_base_url(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and find_base_url_fault(value) is None


def _is_identifier(value: Any) -> bool:
    return isinstance(value, str) and IDENTIFIER.fullmatch(value) is not None


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_percentage(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 100


def _is_number_of_releases(value: Any) -> bool:
    return type(value) is int and 1 <= value <= MOST_RELEASES


def _are_defaults(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_valid(_OF_ASSISTANTS, key, item) for key, item in value.items())


def _is_environment(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_valid(_OF_ENVIRONMENTS, key, item) for key, item in value.items())


def _are_environments(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= ENVIRONMENTS
        and all(_is_name(name) and (block is None or _is_environment(block)) for name, block in value.items())
    )


def _are_globs(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value)


_OF_ASSISTANTS: Mapping[str, Callable[[Any], bool]] = {
    "model": lambda value: isinstance(value, str) and MODEL_NAME.fullmatch(value) is not None,
    "store": _is_flag,
    "parallel_tool_calls": _is_flag,
}
_OF_ENVIRONMENTS: Mapping[str, Callable[[Any], bool]] = {
    "target": TARGETS.__contains__,
    "state": _is_state,
    "defaults": _are_defaults,
    "openai_project": _is_identifier,
    "organization": _is_identifier,
    "base_url": _is_base_url,
    "delete_threshold": _is_percentage,
    "keep_releases": _is_number_of_releases,
    "protected": _is_flag,
    "ignore": _are_globs,
}
_OF_PROJECT: Mapping[str, Callable[[Any], bool]] = {
    **_OF_ENVIRONMENTS,
    "root": _is_root,
    "environments": _are_environments,
    "default_environment": _is_name,
}
