"""Writes one blob (named bytes) of a store, and repeats or confirms a write whose answer was lost. State, lock and
journal are written only through this module.

| answer to the write        | content that is now stored | result                                               |
|----------------------------|----------------------------|------------------------------------------------------|
| refused, or no answer      | what was just sent         | success: the answer was lost, or the write repeated  |
| refused, or no answer      | what was sent before that  | that write arrived late; continue from it            |
| no answer                  | the content last seen      | the write did not arrive; it is sent once more       |
| refused                    | anything else              | another process has written: LostRace                |

The table is correct because each content that is written through this module contains a unique id, so all contents
differ.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from provisioner.core.errors import LostRace, StateError
from provisioner.state.backends.blob_store import BlobStore


@dataclass(slots=True)
class VersionedBlob:
    """A blob of a store, by its name, with the version that was last read or written. Not thread-safe."""

    store: BlobStore
    name: str
    version: str | None = None
    _sent: list[bytes] = field(default_factory=list)

    def read(self) -> bytes | None:
        """Returns the content that the store now has, or None if the blob does not exist. Raises StateError."""
        blob = self.store.get(self.name)
        self.version = None if blob is None else blob.version
        return None if blob is None else blob.data

    def write(self, data: bytes) -> None:
        """Writes `data` to the blob, in place of the version that this object last read or wrote. Raises LostRace if
        the store has another version, and StateError.
        """
        self._sent.append(data)
        repeated = False
        while True:
            try:
                self.version = self.store.put(self.name, data, self.version)
                break
            except StateError as error:
                known = self.version
                if self._settle(error) == data:
                    break
                if self.version == known:
                    if repeated:
                        raise
                    repeated = True
        self._sent.clear()

    def _settle(self, error: StateError) -> bytes | None:
        """Returns the content that the store has after a failed write. `error` says that the write was refused or got
        no answer.

        Raises `error` if `write` did not send this content, and if its version is also not the one that was last seen.
        """
        try:
            blob = self.store.get(self.name)
        except StateError:
            raise error from None
        version = None if blob is None else blob.version
        if blob is not None and blob.data in self._sent:
            self.version = version
            return blob.data
        if isinstance(error, LostRace) or version != self.version:
            raise error
        return None if blob is None else blob.data
