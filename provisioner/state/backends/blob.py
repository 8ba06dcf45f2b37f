"""Writes one blob (named bytes) of a store. If the response to a write is lost, the write is confirmed or repeated.

State, lock and journal are written only through this module. After a write that was refused or got no response, the
content that is now in the store shows what happened:

1. It is the content of this write. The write was successful: its response was lost, or the write was repeated.
2. It is the content of an earlier write of this process. That write arrived late, and the new content is written next.
3. It is the content that was last seen, and the write got no response. The write did not arrive, and is sent once more.
4. It is anything else. Another process has written, and an error is raised: LostRace if the write was refused.

The comparison is reliable only if the contents of a blob differ. Therefore each version of the state and of the journal
contains a unique id, and each renewal of the lock contains a counter.
"""

from __future__ import annotations

from msgspec import Struct, field

from provisioner.core.errors import LostRace, StateError
from provisioner.state.backends.blob_store import BlobStore


class VersionedBlob(Struct):
    """One blob of a store, with the version that this object last read or wrote. Not thread-safe."""

    store: BlobStore
    name: str
    version: str | None = None
    _sent: list[bytes] = field(default_factory=list)

    def read(self) -> bytes | None:
        """Returns the content that the store now has, or None if the blob does not exist. Raises StateError if the
        store cannot be used.
        """
        blob = self.store.get(self.name)
        self.version = None if blob is None else blob.version
        return None if blob is None else blob.data

    def write(self, data: bytes) -> None:
        """Writes `data` to the blob, in place of the version that this object last read or wrote. Raises LostRace if
        the store refuses the write because another process has written the blob, and StateError if the write fails for
        another reason.
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
        """Returns the content that the store contains after a write that was refused or got no response. The result is
        None if the blob does not exist. `error` is the error of this write.

        Raises `error` if the store cannot be read. Also raises `error` if `write` did not send the stored content, and
        the write was refused or the stored version is not the version that was last seen. In the second case, another
        process has written the blob, so a repetition cannot help.
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
