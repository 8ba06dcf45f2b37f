"""Stores the texts of releases in a store, as the blobs `ENVIRONMENT/releases/NAME.json`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field

from provisioner.state.backends.blob import VersionedBlob
from provisioner.state.backends.blob_store import BlobStore
from provisioner.state.backends.release_files import INDEX, aside_name
from provisioner.state.backends.serialization import Serializer


@dataclass(slots=True)
class RemoteReleases:
    """The texts of the releases of one environment of the project, in a store. A release is a content that was applied
    to an assistant. `check_lock` raises LostRace if the lock is lost.
    """

    store: BlobStore
    environment: str
    serializer: Serializer
    check_lock: Callable[[], None]
    _index: VersionedBlob = field(init=False)

    def __post_init__(self) -> None:
        self._index = VersionedBlob(self.store, self._name(INDEX))

    def describe(self) -> str:
        """Returns the location of the index of releases."""
        return f"the index of releases in {self.store.describe()} ({self.environment})"

    def read_index(self) -> str | None:
        """Returns the text of the index of releases, or None if there is no index."""
        data = self._index.read()
        return None if data is None else self.serializer.open_text(data, INDEX, self.describe())

    def write_index(self, text: str) -> None:
        """Stores `text` as the new index of releases. Raises LostRace if the lock is lost, or if another process has
        changed the index since this object last read or wrote it.
        """
        self.check_lock()
        self._index.write(self.serializer.close_text(text, INDEX))

    def set_index_aside(self) -> str:
        """Moves the index, which must exist, to another name, and returns its new location. The content does not
        change.
        """
        self.check_lock()
        data = self._index.read() or b""
        name = self._name(aside_name(data))
        self.store.put_all({name: data})
        self.store.delete(self._index.name)
        self._index.read()
        return f"{name} in {self.store.describe()}"

    def read(self, name: str) -> str | None:
        """Returns the text that is stored under `name`, or None if there is no such text. `ReleaseIndex.text_name`
        makes such names.
        """
        blob = self.store.get(self._name(name))
        where = f"{self._name(name)} in {self.store.describe()}"
        return None if blob is None else self.serializer.open_text(blob.data, name, where)

    def add(self, texts: Mapping[str, str]) -> None:
        """Stores texts of releases, with as few requests as the store allows. `texts` maps the name of each text to the
        text.
        """
        self.check_lock()
        self.store.put_all({self._name(name): self.serializer.close_text(text, name) for name, text in texts.items()})

    def remove(self, names: Collection[str]) -> None:
        """Removes the texts of releases with the names `names`."""
        self.check_lock()
        self.store.delete_all([self._name(name) for name in names])

    def _name(self, name: str) -> str:
        return f"{self.environment}/releases/{name}.json"
