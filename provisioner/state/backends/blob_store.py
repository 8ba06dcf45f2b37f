"""The protocol of a store for blobs with compare-and-swap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob's bytes, and their version: an opaque text that is never the same for two contents."""

    data: bytes
    version: str


class BlobStore(Protocol):
    """Named blobs. A write names the version that it replaces, and the store refuses it if that is not the present one.

    Names are `environment/what`. Every method raises StateError if the store cannot be used.
    """

    def describe(self) -> str:
        """Returns its location for people, without credentials."""
        ...

    def get(self, name: str) -> Blob | None:
        """Returns the blob, or None if there is none."""
        ...

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        """Replaces version `expect` of a blob (None: the blob must not exist); returns the new version.

        The write is atomic, and durable when this returns. Raises LostRace if another version is present.
        """
        ...

    def delete(self, name: str) -> None:
        """Deletes a blob, whatever its version. A missing blob is not an error."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Returns the names that begin with `prefix`, sorted."""
        ...

    def close(self) -> None:
        """Closes connections."""
        ...
