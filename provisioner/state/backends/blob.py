"""One blob of a store, and what we know of it. Every write of state, lock and journal goes through here.

| what put says              | what is there then         | what it means                                        |
|----------------------------|----------------------------|------------------------------------------------------|
| refused, or no answer      | what was just sent         | it is done: an answer was lost, or heard twice       |
| refused, or no answer      | what was sent before that  | that one arrived late; it is ours, so go on from it  |
| no answer                  | what we knew               | it did not arrive; sent once more                    |
| refused                    | anything else              | somebody else has written: LostRace                  |

This holds because no two contents that are written here are equal: each carries an id of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from provisioner.core.errors import LostRace, StateError
from provisioner.state.backends.blob_store import BlobStore


@dataclass(slots=True)
class VersionedBlob:
    """A name in a store, with the version that was last read or written. Not thread-safe."""

    store: BlobStore
    name: str
    version: str | None = None
    _sent: list[bytes] = field(default_factory=list)

    def read(self) -> bytes | None:
        """Returns the present content, or None. Raises StateError."""
        blob = self.store.get(self.name)
        self.version = None if blob is None else blob.version
        return None if blob is None else blob.data

    def write(self, data: bytes) -> None:
        """Replaces the known version by `data`. Raises LostRace, StateError."""
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
        """Returns the content after a write without a clear answer. Raises `error` if it is neither ours nor the known
        one.
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
