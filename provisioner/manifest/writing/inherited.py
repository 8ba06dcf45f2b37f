"""Writes null into manifest entries, so that the project's defaults do not add values that the objects do not have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from provisioner.manifest.project_settings.inheritance import FORMS


def take_away(entry: dict[str, Any], defaults: Mapping[str, Any], *, kept: Collection[str] = ()) -> None:
    """Writes null into an assistant's entry for each default of the project that the entry does not set. The null
    prevents the default from applying to the assistant. The defaults in `kept` still apply.
    """
    for name, value in defaults.items():
        if name not in entry:
            if name not in kept:
                entry[name] = None
        elif _is_merged(own := entry[name], value):
            take_away(own, value)


def _is_merged(own: Any, inherited: Any) -> bool:
    """Returns whether the value `own` of a field in a manifest is merged with the project's default `inherited`. If
    not, `own` replaces the whole default.
    """
    if not isinstance(own, dict) or not isinstance(inherited, Mapping):
        return False
    return not any(form in each for form in FORMS for each in (own, inherited))
