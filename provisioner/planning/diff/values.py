"""Replaces references in inputs by ids, as far as the ids are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.resource import Ref
from provisioner.openai_api.collections.collection import Field, field_of
from provisioner.planning.plan import Unknown
from provisioner.state.records import digest


def resolve(value: Any, ids: Mapping[Address, str | Unknown]) -> Any:
    """Returns `value` with every Ref replaced by its id, or by Unknown if the object does not exist yet."""
    if isinstance(value, Ref):
        return ids.get(value.address, Unknown(value.address))
    if isinstance(value, Mapping):
        return {key: resolve(item, ids) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, ids) for item in value]
    return value


def recordable(inputs: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Returns the inputs to record and to compare. Values that the API never returns are replaced by a digest."""
    return {
        name: {"sha256": digest(value)} if field_of(fields, name).mode == "write_only" else value
        for name, value in inputs.items()
    }


def unknowns(value: Any) -> set[Address]:
    """Yields the addresses whose ids are not known yet in `value`."""
    if isinstance(value, Unknown):
        return {value.address}
    if isinstance(value, Mapping):
        return {address for item in value.values() for address in unknowns(item)}
    if isinstance(value, list | tuple):
        return {address for item in value for address in unknowns(item)}
    return set()
