"""Replaces references to other resources by the ids of their objects, if these ids are already known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.resource import Ref
from provisioner.openai_api.collections.collection import Field, field_of
from provisioner.planning.plan import Unknown
from provisioner.state.records import digest


def resolve(value: Any, ids: Mapping[Address, str | Unknown]) -> Any:
    """Returns `value`, in which each reference is replaced by the object's id, or by Unknown if the id is not known
    yet.
    """
    if isinstance(value, Ref):
        return ids.get(value.address, Unknown(value.address))
    if isinstance(value, Mapping):
        return {key: resolve(item, ids) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, ids) for item in value]
    return value


def recordable(inputs: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Returns the inputs to record and to compare. A value that the API never returns is replaced by its SHA-256
    digest.
    """
    return {
        name: {"sha256": digest(value)} if field_of(fields, name).mode == "write_only" else value
        for name, value in inputs.items()
    }


def unknowns(value: Any) -> set[Address]:
    """Returns the addresses of all resources in `value` whose ids are not known yet."""
    if isinstance(value, Unknown):
        return {value.address}
    if isinstance(value, Mapping):
        return {address for item in value.values() for address in unknowns(item)}
    if isinstance(value, list | tuple):
        return {address for item in value for address in unknowns(item)}
    return set()
