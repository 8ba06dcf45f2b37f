"""Fills in the ids in planned inputs that were unknown when the plan was made and are known now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.resource import attribute_of
from provisioner.planning.diff.values import join
from provisioner.planning.plan import Unknown, UnknownText


def fill(value: Any, ids: Mapping[Address, str]) -> Any:
    """Returns `value` in which each `Unknown`, also in an `UnknownText`, is replaced by the id that `ids` has for its
    address, or by the release in it. Without such an id, the `Unknown` stays.
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
