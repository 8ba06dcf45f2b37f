"""The protocol of a store for blobs with compare-and-swap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    """The bytes of a blob, and their version: a text that is different for different contents and has no other
    meaning.
    """

    data: bytes
    version: str


class BlobStore(Protocol):
    """A store of named blobs. A write states which version it replaces; the store refuses it if another version is
    stored.

    A name has the form `ENVIRONMENT/REST`. Every method raises StateError if the store cannot be used.
    """

    def describe(self) -> str:
        """Returns the location of the store for messages, without credentials."""
        ...

    def get(self, name: str) -> Blob | None:
        """Returns the blob, or None if there is no blob with this name."""
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
        """Returns the names of the blobs that begin with `prefix`, sorted."""
        ...

    def close(self) -> None:
        """Closes the connections to the store."""
        ...
