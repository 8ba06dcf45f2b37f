"""Fills in the ids in planned inputs that were unknown when the plan was made and are known now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.planning.plan import Unknown


def fill(value: Any, ids: Mapping[Address, str]) -> Any:
    """Returns `value` in which each `Unknown` is replaced by the id that `ids` has for its address. Without such an id,
    the `Unknown` stays.
    """
    if isinstance(value, Unknown):
        return ids.get(value.address, value)
    if isinstance(value, Mapping):
        return {key: fill(item, ids) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, ids) for item in value]
    return value
