"""The bytes of a file in a vector store: measured if it is in one, otherwise estimated from its size.

The API counts the parsed text and its embeddings, not the file's bytes. So a size is scaled by the ratio of the files
whose size is known: those of the same store, or else of all stores.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import Unknown
from provisioner.review.cost.inventory import Inventory

#: Ids, and values that are known only after an apply.
File = str | Unknown


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of bytes, and the number of files that are not counted because their size is not known."""

    count: float = 0.0
    unsized: int = 0


@dataclass(frozen=True, slots=True)
class Sizes:
    """The sizes of files in bytes: by id for uploaded files, by address for others."""

    by_id: Mapping[str, int]
    by_address: Mapping[Address, int]
    general: float = 1.0

    @classmethod
    def of(cls, resources: Iterable[Resource], inventory: Inventory) -> Sizes:
        """Returns the sizes of all files that are desired or recorded, and the average number of stored bytes for a
        byte of them.
        """
        wanted = {each.address: each.inputs.get("bytes") for each in resources if each.type == FILE.name}
        recorded = {each.id: each.inputs.get("bytes") for each in inventory.records.values() if each.type == FILE.name}
        sizes = cls(_whole(recorded), _whole(wanted))
        stores = [live for live in inventory.live.values() if live.usage_bytes is not None]
        return cls(sizes.by_id, sizes.by_address, sizes._ratio(stores) or 1.0)

    def amount(self, files: Iterable[File], store: Live | None = None) -> Amount:
        """Returns the bytes of these files in this store."""
        found = [self._size(file) for file in files]
        ratio = self._ratio([store]) if store is not None else None
        known = sum(size for size in found if size is not None)
        return Amount(known * (ratio or self.general), found.count(None))

    def measured(self, files: Iterable[str], store: Live) -> Amount:
        """Returns the bytes of these files of the store, as measured by the API if it has a measurement."""
        files = list(files)
        usage = [store.member_bytes[file] for file in files if file in store.member_bytes]
        rest = self.amount([file for file in files if file not in store.member_bytes], store)
        return Amount(sum(usage) + rest.count, rest.unsized)

    def _size(self, file: File) -> int | None:
        return self.by_address.get(file.address) if isinstance(file, Unknown) else self.by_id.get(file)

    def _ratio(self, stores: Iterable[Live]) -> float | None:
        """Returns the ratio of bytes in these stores to bytes of their files."""
        usage = size = 0
        for store in stores:
            for taken, sized in self._pairs(store):
                usage, size = usage + taken, size + sized
        return usage / size if usage and size else None

    def _pairs(self, store: Live) -> Iterator[tuple[int, int]]:
        """Yields the bytes in the store and the bytes of its files, if both are known."""
        sizes = {file: size for file in store.fields.get("files") or () if (size := self.by_id.get(file))}
        if store.member_bytes:
            # Files that are being indexed have no size yet.
            yield from ((usage, sizes[file]) for file, usage in store.member_bytes.items() if usage and file in sizes)
        elif store.usage_bytes and len(sizes) == len(store.fields.get("files") or ()):
            yield store.usage_bytes, sum(sizes.values())


def members(files: Mapping[str, Mapping[str, Any]] | None) -> list[File]:
    """Returns the files in a store's inputs."""
    return [member["file_id"] for member in (files or {}).values()]


def _whole(sizes: Mapping[Any, Any]) -> dict[Any, int]:
    return {key: size for key, size in sizes.items() if isinstance(size, int)}
