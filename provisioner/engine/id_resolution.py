"""Replaces placeholders for ids in the planned fields of objects. The ids were unknown when the plan was made and are
known now.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.resource import attribute_of
from provisioner.planning.diff.values import join
from provisioner.planning.plan import Unknown, UnknownText


def fill(value: Any, ids: Mapping[Address, str]) -> Any:
    """Returns a copy of `value` in which known ids replace the placeholders. A placeholder is an `Unknown` value, alone
    or as a part of an `UnknownText`. It represents the id of the object at an address, or the release number in this
    id.

    `ids` maps addresses to ids. A placeholder whose address is not in `ids` is not replaced.
    """
    if isinstance(value, Unknown):
        return attribute_of(ids[value.address], value.attribute) if value.address in ids else value
    if isinstance(value, UnknownText):
        return join(part if isinstance(part, str) else fill(part, ids) for part in value.parts)
    if isinstance(value, Mapping):
        return {key: fill(item, ids) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, ids) for item in value]
    return value
