"""Defines the protocol of a store for blobs (named bytes). Its method `put` is a compare-and-swap operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct


class Blob(Struct, frozen=True):
    """The bytes of a blob, and their version. The version is a text. Different contents have different versions."""

    data: bytes
    version: str


class BlobStore(Protocol):
    """A store of named blobs. A call of `put` names the version that it replaces. If the store contains another version
    of the blob, it refuses the write. The other methods compare no versions.

    A name has the form `ENVIRONMENT/REST`. Every method that uses the store raises StateError if the store cannot be
    used.
    """

    def describe(self) -> str:
        """Returns the location of the store for messages, without credentials."""
        ...

    def get(self, name: str) -> Blob | None:
        """Returns the blob, or None if there is no blob with this name."""
        ...

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        """Replaces the version `expect` of the blob `name` by `data`, and returns the new version. If `expect` is None,
        the blob must not exist yet.

        The write is atomic, and durable when the method returns. Raises LostRace if the store contains another version.
        """
        ...

    def delete(self, name: str) -> None:
        """Deletes the blob `name`, without comparing its version. A missing blob is not an error."""
        ...

    def put_all(self, blobs: Mapping[str, bytes]) -> None:
        """Writes several blobs without comparing their versions. `blobs` maps the name of each blob to its new bytes.
        The blobs are durable when the method returns. If the method raises an error, it is not known which of the blobs
        were written.
        """
        ...

    def delete_all(self, names: Sequence[str]) -> None:
        """Deletes the blobs with the names `names` without comparing their versions. A missing blob is not an error."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Returns the sorted names of the blobs whose names begin with `prefix`."""
        ...

    def close(self) -> None:
        """Closes the connections to the store."""
        ...
