"""Stores the texts of releases in a local backend. They are the files of the folder `NAME.releases`."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct, field

from provisioner.core.errors import LostRace, StateError
from provisioner.core.files.limits import STATE_BYTES
from provisioner.core.files.opening import UnfitFile
from provisioner.core.files.own import make_folder, read_own, remove_own, replace_own, sync_own
from provisioner.state.backends.held_lock import AGAIN, Holding
from provisioner.state.backends.release_files import INDEX, aside_name
from provisioner.state.backends.serialization import Serializer


class LocalReleases(Struct):
    """The texts of the releases of one environment of the project, as files in `folder`. A release is a content that
    was applied to an assistant. The names of temporary files begin with `prefix`.
    """

    folder: Path
    prefix: str
    serializer: Serializer
    holding: Holding
    _seen: str | None = field(default=None)

    def describe(self) -> str:
        """Returns the path of the index of releases."""
        return str(self._path(INDEX))

    def read_index(self) -> str | None:
        """Returns the text of the index of releases, or None if there is no index."""
        data = self._read(INDEX)
        self._seen = _digest(data)
        return None if data is None else self.serializer.open_text(data, INDEX, self.describe())

    def write_index(self, text: str) -> None:
        """Writes `text` in place of the index that this object last read or wrote. Raises LostRace if another process
        has written the index since then.
        """
        self.holding.check()
        if self._seen is not None and self._seen != _digest(self._read(INDEX)):
            raise LostRace(f"somebody else has written {self.describe()}; nothing was written", hint=AGAIN)
        data = self.serializer.close_text(text, INDEX)
        self._write(INDEX, data)
        self._seen = _digest(data)

    def set_index_aside(self) -> str:
        """Moves the index, which must exist, to a file with another name, and returns the path of this file. The
        content does not change.
        """
        self.holding.check()
        data = self._read(INDEX) or b""
        path = self._path(aside_name(data))
        self._write(path.stem, data)
        self.remove([INDEX])
        self._seen = _digest(None)
        return str(path)

    def read(self, name: str) -> str | None:
        """Returns the text that is stored under `name`, or None if there is no such text. `ReleaseIndex.text_name`
        makes such names.
        """
        data = self._read(name)
        return None if data is None else self.serializer.open_text(data, name, str(self._path(name)))

    def add(self, texts: Mapping[str, str]) -> None:
        """Stores texts of releases. `texts` maps the name of each text to the text."""
        self.holding.check()
        if not texts:
            return
        for name, text in texts.items():
            self._write(name, self.serializer.close_text(text, name), durable=False)
        try:
            sync_own(self.folder, [self._path(name).name for name in texts])
        except OSError as error:
            raise refused("written", self.folder, error) from error

    def remove(self, names: Collection[str]) -> None:
        """Removes the texts of releases with the names `names`."""
        self.holding.check()
        for name in names:
            try:
                remove_own(self._path(name))
            except OSError as error:
                raise refused("removed", self._path(name), error) from error

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _read(self, name: str) -> bytes | None:
        try:
            return read_own(self._path(name), STATE_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise refused("read", self._path(name), error) from error

    def _write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        path = self._path(name)
        try:
            make_folder(self.folder)
            replace_own(path, data, prefix=self.prefix, durable=durable)
        except OSError as error:
            raise refused("written", path, error) from error


def refused(verb: str, path: Path, error: OSError) -> StateError:
    """Returns the error for a file of a local backend that cannot be read, written or removed. `verb` names the
    operation that failed.
    """
    if isinstance(error, UnfitFile):
        return StateError(
            f"{path} cannot be {verb}: {error.strerror}",
            hint="put an ordinary file or folder in its place; states are never read or written through a link",
        )
    return StateError(
        f"{path} cannot be {verb}: {error.strerror or error}",
        hint="check the folder's rights and that its disk is not full; the former state is unchanged",
    )


def _digest(data: bytes | None) -> str:
    return "none" if data is None else hashlib.sha256(data).hexdigest()
