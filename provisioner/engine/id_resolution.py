"""Replaces unknown ids in planned inputs by the ids that are known now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.planning.plan import Unknown


def fill(value: Any, ids: Mapping[Address, str]) -> Any:
    """Returns the value with each unknown id replaced by the id in `ids`, if it is there."""
    if isinstance(value, Unknown):
        return ids.get(value.address, value)
    if isinstance(value, Mapping):
        return {key: fill(item, ids) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [fill(item, ids) for item in value]
    return value
