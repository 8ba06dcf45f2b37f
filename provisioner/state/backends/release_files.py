"""The protocol of the texts of releases in a backend: an index, and texts with names that never change."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Protocol

#: The name of the index.
INDEX = "index"


def aside_name(data: bytes) -> str:
    """Returns the name of an index that is set aside: the SHA-256 of its bytes, so a repetition after a crash makes no
    second copy. The names of contents have the same form, so every version of provision accepts it.
    """
    return hashlib.sha256(data).hexdigest()


class ReleaseFiles(Protocol):
    """The texts of the releases of one environment. They are encrypted if the state is encrypted.

    Every method raises StateError if the backend cannot be used, WrongKey if no key opens a text, and TornState if a
    text is damaged. The methods that write require the lock, and raise LostRace if it is lost.
    """

    def describe(self) -> str:
        """Returns the location of the index, for messages."""
        ...

    def read_index(self) -> str | None:
        """Returns the text of the index, or None if there is no index."""
        ...

    def write_index(self, text: str) -> None:
        """Replaces the index that this object last read or wrote, atomically. The new index is durable when the method
        returns. Raises LostRace if another process has written the index since.
        """
        ...

    def set_index_aside(self) -> str:
        """Stores the index, which exists, unchanged under another name, removes it from its own, and returns its new
        location. The former index may be unreadable.
        """
        ...

    def read(self, name: str) -> str | None:
        """Returns the text with this name, or None if there is no such text."""
        ...

    def add(self, texts: Mapping[str, str]) -> None:
        """Stores texts by name; a text that is stored already is replaced. They are durable when the method returns."""
        ...

    def remove(self, names: Collection[str]) -> None:
        """Removes the texts with these names. A text that is missing is no error."""
        ...
