"""Replaces references to resources by the ids of their objects, if these ids are already known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.core.address import Address
from provisioner.core.resource import PLAIN, Ref, Template, attribute_of
from provisioner.openai_api.collections.collection import Field, field_of
from provisioner.planning.plan import Unknown, UnknownText
from provisioner.state.records import digest


def resolve(value: Any, ids: Mapping[Address, str | Unknown]) -> Any:
    """Returns `value` with each reference to a resource replaced by the id of its object, or by its release if the
    reference is to a release. An `Unknown` takes the place of an id or release that is not known yet. A text that
    contains references becomes a text, or an `UnknownText` if a part is not known yet. `ids` maps addresses to ids.

    The result may share objects with `value`, and must not be changed. A vector store may have thousands of files, and
    copies of their attributes would take much memory.
    """
    kind = type(value)  # Most values are strings, objects and references. For these, the other tests are slow.
    if kind is str:
        return value
    if kind is dict:
        if PLAIN.issuperset(map(type, value.values())):
            return value
        return {key: item if type(item) is str else resolve(item, ids) for key, item in value.items()}
    if kind is Ref:
        return _resolve_reference(value, ids)
    if isinstance(value, Template):
        parts = [part if isinstance(part, str) else _resolve_reference(part, ids) for part in value.parts]
        return join(parts)
    if isinstance(value, Mapping):
        return {key: resolve(item, ids) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(item, ids) for item in value]
    return value


def join(parts: Iterable[str | Unknown]) -> str | UnknownText:
    """Returns the text that consists of `parts`. Returns an `UnknownText` if a part is not known yet."""
    parts = tuple(parts)
    known = [part for part in parts if isinstance(part, str)]
    return "".join(known) if len(known) == len(parts) else UnknownText(parts)


def _resolve_reference(ref: Ref, ids: Mapping[Address, str | Unknown]) -> str | Unknown:
    id = ids.get(ref.address)
    return attribute_of(id, ref.attribute) if isinstance(id, str) else Unknown(ref.address, ref.attribute)


def recordable(inputs: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """Returns `inputs` in the form in which they are recorded and compared. A value that the API never returns is
    replaced by its SHA-256 digest. If a part of such a value is not known yet, its digest is not known either.
    """
    return {
        name: _digest(value) if field_of(fields, name).mode == "write_only" else value for name, value in inputs.items()
    }


def _digest(value: Any) -> dict[str, Any]:
    pending = min(unknowns(value), default=None)
    return {"sha256": digest(value) if pending is None else Unknown(pending)}


def unknowns(value: Any) -> set[Address]:
    """Returns the addresses of all resources whose ids occur in `value` and are not known yet."""
    if isinstance(value, Unknown):
        return {value.address}
    if isinstance(value, UnknownText):
        return {part.address for part in value.parts if isinstance(part, Unknown)}
    if isinstance(value, Mapping):
        return {address for item in value.values() for address in unknowns(item)}
    if isinstance(value, list | tuple):
        return {address for item in value for address in unknowns(item)}
    return set()
