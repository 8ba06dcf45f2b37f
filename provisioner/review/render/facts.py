"""Renders short facts about an object, such as its size. Plans show these facts next to the object's address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.objecttype import TYPES, Fact
from provisioner.core.target_names import TARGET_OF
from provisioner.review.render.units import plural, size


def facts(type_: str, fields: Mapping[str, Any]) -> str:
    """Returns short facts about an object, such as `95.7 kB`, `2 files` or `responses, gpt-6-luna`. `type_` is the type
    of the object, and `fields` are the values of its fields. The text is empty if no fact is known.
    """
    declared = TYPES.get(type_)
    if declared is None:
        return ""
    shown = (_shown(fact, fields[fact.field]) for fact in declared.facts if fact.field in fields)
    return ", ".join(filter(None, (TARGET_OF.get(type_), declared.note, *shown)))


def _shown(fact: Fact, value: Any) -> str:
    match fact.measure:
        case "size":
            return size(int(value))
        case "count":
            return plural(len(value), fact.noun)
    return str(value) if value else ""
