"""Writes null into manifest entries, so that the project's defaults do not apply to objects that do not have these
values.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from provisioner.manifest.project_settings.inheritance import FORMS


def take_away(entry: dict[str, Any], defaults: Mapping[str, Any], *, kept: Collection[str] = ()) -> None:
    """Protects an assistant's entry from the project's defaults: writes null for each default that the entry does not
    set. The defaults in `kept` still apply.
    """
    for name, value in defaults.items():
        if name not in entry:
            if name not in kept:
                entry[name] = None
        elif _is_merged(own := entry[name], value):
            take_away(own, value)


def _is_merged(own: Any, inherited: Any) -> bool:
    """Returns whether a manifest's value `own` of a field is merged with the project's default `inherited`. Otherwise
    `own` replaces the default as a whole.
    """
    if not isinstance(own, dict) or not isinstance(inherited, Mapping):
        return False
    return not any(form in each for form in FORMS for each in (own, inherited))
