"""Computes how many bytes files take in a vector store. If a file is already in a store, the number that the API
reports is used; otherwise the number is estimated.

The API counts the parsed text and its embeddings, not the bytes of the uploaded file. So an estimate is the size of the
file multiplied by a ratio: stored bytes divided by file bytes. The ratio of the same vector store is used if it is
known, otherwise the ratio of all vector stores together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import Unknown
from provisioner.review.cost.inventory import Inventory
from provisioner.state.record_columns import upload_sizes

#: The id of a file, or a placeholder for an id that is known only after the apply.
File = str | Unknown


class Amount(Struct, frozen=True):
    """The size of several files: `count` is a number of bytes. `unsized` is the number of files whose sizes are not
    known; their bytes are not included in `count`.
    """

    count: float = 0.0
    unsized: int = 0


class Sizes(Struct, frozen=True):
    """The sizes of uploaded files in bytes. `by_id` maps the ids of files at OpenAI to sizes, and `by_address` maps the
    addresses of files in manifests to sizes. `general` is the ratio of all vector stores together: the bytes that they
    take, divided by the bytes of the files in them.
    """

    by_id: Mapping[str, int]
    by_address: Mapping[Address, int]
    general: float = 1.0

    @classmethod
    def of(cls, resources: Iterable[Resource], inventory: Inventory) -> Sizes:
        """Returns the sizes of all files that are desired or recorded. `general` of the result is computed from all
        live vector stores; it is 1 if it cannot be computed.
        """
        wanted = {each.address: each.inputs.get("bytes") for each in resources if each.type == FILE.name}
        recorded = upload_sizes(inventory.records)
        adopted = {live.id: wanted.get(address) for address, live in inventory.imports.items()}
        sizes = cls(_whole({**recorded, **adopted}), _whole(wanted))
        found = [*inventory.live.values(), *inventory.imports.values()]
        stores = [live for live in found if live.usage_bytes is not None]
        return cls(sizes.by_id, sizes.by_address, sizes._ratio(stores) or 1.0)

    def amount(self, files: Iterable[File], store: Live | None = None) -> Amount:
        """Returns the estimated number of bytes that `files` take in a vector store. If the live vector store `store`
        is given, the estimate uses the ratio of stored bytes to file bytes of this store.
        """
        found = [self._size(file) for file in files]
        ratio = self._ratio([store]) if store is not None else None
        known = sum(size for size in found if size is not None)
        return Amount(known * (ratio or self.general), found.count(None))

    def measured(self, files: Iterable[str], store: Live) -> Amount:
        """Returns the number of bytes that `files` take in the vector store `store`, as the API reports it. If the API
        reports no number for a file, the number is estimated.
        """
        files = list(files)
        usage = [store.member_bytes[file] for file in files if file in store.member_bytes]
        rest = self.amount([file for file in files if file not in store.member_bytes], store)
        return Amount(sum(usage) + rest.count, rest.unsized)

    def _size(self, file: File) -> int | None:
        return self.by_address.get(file.address) if isinstance(file, Unknown) else self.by_id.get(file)

    def _ratio(self, stores: Iterable[Live]) -> float | None:
        """Returns the ratio of stored bytes to file bytes in `stores`: the bytes that these vector stores take, divided
        by the bytes of the uploaded files in them. Returns None if the ratio is not known.
        """
        usage = size = 0
        for store in stores:
            for taken, sized in self._pairs(store):
                usage, size = usage + taken, size + sized
        return usage / size if usage and size else None

    def _pairs(self, store: Live) -> Iterator[tuple[int, int]]:
        """Yields pairs of known sizes in bytes: the size in the vector store, and the size of the uploaded file. If the
        API reports the size of each file in the store, there is one pair for each file. Otherwise, there is at most one
        pair, with the sizes of all files together.
        """
        if store.member_bytes:
            # Files that are being indexed have no size yet.
            pairs = ((usage, self.by_id.get(file)) for file, usage in store.member_bytes.items())
            yield from ((usage, size) for usage, size in pairs if usage and size)
        elif store.usage_bytes:
            files = store.fields.get("files") or ()
            sizes = [size for file in files if (size := self.by_id.get(file))]
            if len(sizes) == len(files):
                yield store.usage_bytes, sum(sizes)


def members(files: Mapping[str, Mapping[str, Any]] | None) -> list[File]:
    """Returns the ids of the files in a vector store. `files` is the field `files` of the store's inputs, the values
    that were sent or will be sent. An id that is known only after the apply is an Unknown.
    """
    return [member["file_id"] for member in (files or {}).values()]


def _whole(sizes: Mapping[Any, Any]) -> dict[Any, int]:
    return {key: size for key, size in sizes.items() if isinstance(size, int)}
