"""A store in memory that counts its requests and the bytes that are sent to it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from threading import Lock

from provisioner.core.errors import LostRace
from provisioner.state.backends.blob_store import Blob


class CountingStore:
    """Holds blobs in memory. `calls` are the requests so far: the method, the name of the blob, and the bytes sent."""

    def __init__(self) -> None:
        self.blobs: dict[str, Blob] = {}
        self.calls: list[tuple[str, str, int]] = []
        self._versions = itertools.count()
        self._lock = Lock()

    def describe(self) -> str:
        return "memory"

    def get(self, name: str) -> Blob | None:
        self.calls.append(("get", name, 0))
        return self.blobs.get(name)

    def put(self, name: str, data: bytes, expect: str | None) -> str:
        with self._lock:
            self.calls.append(("put", name, len(data)))
            present = self.blobs.get(name)
            if (None if present is None else present.version) != expect:
                raise LostRace(f"{name} has another version")
            self.blobs[name] = Blob(data, str(next(self._versions)))
            return self.blobs[name].version

    def delete(self, name: str) -> None:
        self.calls.append(("delete", name, 0))
        self.blobs.pop(name, None)

    def put_all(self, blobs: Mapping[str, bytes]) -> None:
        for name, data in blobs.items():
            self.blobs[name] = Blob(data, str(next(self._versions)))

    def delete_all(self, names: Sequence[str]) -> None:
        for name in names:
            self.delete(name)

    def names(self, prefix: str) -> list[str]:
        return sorted(name for name in self.blobs if name.startswith(prefix))

    def close(self) -> None:
        pass

    def bytes_of(self, name: str) -> list[int]:
        """The bytes of each write of a blob."""
        return [size for method, blob, size in self.calls if method == "put" and blob == name]
