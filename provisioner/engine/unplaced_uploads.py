"""Uploads that no store names, placed by the assistants and environment templates that do."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from provisioner.core.address import Address
from provisioner.core.resource import Resource, refs
from provisioner.openai_api.collections.collection import Live
from provisioner.state.records import Record


@dataclass(frozen=True, slots=True)
class Found:
    """A marked object: whose it says it is."""

    address: Address
    type: str
    live: Live
    lineage: str | None
    operation: str


def place_named(
    found: Iterable[Found], uploads: Mapping[str, Live], resources: Sequence[Resource], placed: Container[Address]
) -> dict[Address, Record]:
    """A record for every declared file that a found object uses and names one upload for.

    The upload has the declared name, size and purpose, and is the only such one that the object names: its content
    cannot be compared, since the API gives no checksum.
    """
    by_address = {resource.address: resource for resource in resources}
    records: dict[Address, Record] = {}
    for each in found:
        user = by_address.get(each.address)
        if user is None or each.type == "vector_store":
            continue
        named = {id for id in _texts(each.live.fields) if id in uploads}
        for address in sorted({ref.address for ref in refs(user.inputs)}):
            file = by_address.get(address)
            if file is None or file.type != "file" or address in placed:
                continue
            alike = [id for id in sorted(named) if is_alike(uploads[id], file)]
            if len(alike) == 1:
                live = uploads[alike[0]]
                records[address] = Record(address, "file", live.id, {**file.inputs}, dict(live.fields))
    return records


def is_alike(live: Live, resource: Resource) -> bool:
    """Whether an upload has the name, the size and the purpose of a declared file."""
    return all(live.fields.get(name) == resource.inputs.get(name) for name in ("filename", "bytes", "purpose"))


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value. Answers are nested no deeper than provisioner.openai_api.http.decoding allows."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
