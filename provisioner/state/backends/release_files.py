"""Defines the protocol for the texts of releases in a backend: an index, and contents. A content never changes after it
is stored.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Protocol

#: The name of the index.
INDEX = "index"


def aside_name(data: bytes) -> str:
    """Returns the new name of an index that is moved aside: the SHA-256 of its bytes `data`. If the move is repeated
    after a crash, no second copy is made. The names of contents are also SHA-256 digests, so every version of provision
    accepts this name.
    """
    return hashlib.sha256(data).hexdigest()


class ReleaseFiles(Protocol):
    """The texts of the releases of one environment of the project: the contents that were applied to assistants, and
    their index. The texts are encrypted if the state is encrypted.

    Every method raises StateError if the backend cannot be used, WrongKey if no key decrypts a text, and TornState if a
    text is damaged. The caller of a method that writes must hold the lock; such a method raises LostRace if the lock is
    lost.
    """

    def describe(self) -> str:
        """Returns the location of the index of releases, for messages."""
        ...

    def read_index(self) -> str | None:
        """Returns the text of the index of releases, or None if there is no index."""
        ...

    def write_index(self, text: str) -> None:
        """Stores `text` as the new index of releases, atomically. The new index is durable when the method returns.
        Raises LostRace if another process has changed the index since this object last read or wrote it.
        """
        ...

    def set_index_aside(self) -> str:
        """Moves the index, which must exist, to another name, and returns its new location. The content does not
        change, and need not be readable.
        """
        ...

    def read(self, name: str) -> str | None:
        """Returns the text that is stored under `name`, or None if there is no such text. `ReleaseIndex.text_name`
        makes such names.
        """
        ...

    def add(self, texts: Mapping[str, str]) -> None:
        """Stores texts of releases. `texts` maps the name of each text to the text. A text that is stored already under
        the name is replaced. The texts are durable when the method returns.
        """
        ...

    def remove(self, names: Collection[str]) -> None:
        """Removes the texts with the names `names`. A missing text is not an error."""
        ...
