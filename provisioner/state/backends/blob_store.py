"""Where a remote backend keeps its blobs: anything that can compare and swap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob's bytes, and the version that they have: opaque, and never the same for two contents."""

    data: bytes
    version: str


class Store(Protocol):
    """Named blobs. A write says which version it replaces, and the store itself refuses it where that is not so.

    Names are `environment/what`. Every method raises StateError where the store cannot be used.
    """

    def describe(self) -> str:
        """Where it is, for people; no credentials."""
        ...

    def get(self, name: str) -> Blob | None:
        """The blob, or None where there is none."""
        ...

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        """Writes a blob in place of version `expect` (None: where there is none); returns the new version.

        All or nothing, durable when it returns. Raises LostRace where another version is there.
        """
        ...

    def delete(self, name: str) -> None:
        """Takes a blob away, whatever its version. No error where there is none."""
        ...

    def names(self, prefix: str) -> list[str]:
        """The names that begin with `prefix`, sorted."""
        ...

    def close(self) -> None:
        """Closes connections."""
        ...
