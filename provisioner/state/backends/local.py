"""Implements a backend in a local folder: the files `NAME.json`, `NAME.journal` and `NAME.lock`, which only their owner
can read.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from provisioner.core.errors import StateError
from provisioner.core.files.limits import STATE_BYTES
from provisioner.core.files.opening import UnfitFile
from provisioner.core.files.own import (
    digest_own,
    list_own,
    make_folder,
    read_own,
    read_own_beginning,
    remove_own,
    replace_own_in_pieces,
    sync_folder,
)
from provisioner.state.backends.backend import Owner, superfluous
from provisioner.state.backends.filelock import hold, read_owner
from provisioner.state.backends.held_lock import Holding
from provisioner.state.backends.journalfile import JournalFile
from provisioner.state.backends.local_releases import LocalReleases, refused
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Entry, Opening
from provisioner.state.parsing import BEGINNING_BYTES, find_digest
from provisioner.state.records import State
from provisioner.state.sealing import UNSEALED, Seal
from provisioner.state.shape import read_serials

#: What stands for the digest of a state that does not exist.
NO_STATE = ""


@dataclass(frozen=True, slots=True)
class LocalBackend:
    """The state, the lock and the journal of one environment of a project, in one folder. `name` is the name of the
    environment.

    `lock_timeout` is the longest wait for the lock, in seconds. `holding` checks whether the lock is still held.
    """

    folder: Path
    name: str
    lock_timeout: float = 0.0
    seal: Seal = UNSEALED
    holding: Holding = field(default_factory=Holding, compare=False)
    _releases: list[LocalReleases] = field(default_factory=list, repr=False, compare=False)

    @property
    def state_path(self) -> Path:
        """The path of the state's file."""
        return self.folder / f"{self.name}.json"

    @property
    def journal_path(self) -> Path:
        """The path of the journal's file, which exists only during a run that writes to the API, or after such a run
        was interrupted.
        """
        return self.folder / f"{self.name}.journal"

    @property
    def history_path(self) -> Path:
        """The path of the folder that contains the history."""
        return self.folder / f"{self.name}.history"

    @property
    def lock_path(self) -> Path:
        """The path of the lock's file. The file is never deleted; only the operating system's lock on the file ends."""
        return self.folder / f"{self.name}.lock"

    def describe(self) -> str:
        """Returns the path of the state's file. The path is relative to the working folder if that is shorter."""
        relative = os.path.relpath(self.state_path)
        return min(relative, str(self.state_path), key=len)

    def read(self) -> State | None:
        """Returns the current state, or None if there is none. Raises TornState if the state is damaged, NewerState if
        a later version of provision wrote it, and StateError if it cannot be read.
        """
        try:
            data = read_own(self.state_path, STATE_BYTES)
        except FileNotFoundError:
            self.holding.note(NO_STATE)
            return None
        except OSError as error:
            raise refused("read", self.state_path, error) from error
        if self.holding.is_held:
            self.holding.note(hashlib.sha256(data).hexdigest())
        return self._serializer.parse(data, self.describe())

    def _digest_state(self) -> str:
        """Returns the digest of the text of the current state, or NO_STATE if there is none."""
        try:
            return digest_own(self.state_path, STATE_BYTES)
        except FileNotFoundError:
            return NO_STATE
        except OSError as error:
            raise refused("read", self.state_path, error) from error

    def write(self, state: State) -> None:
        """Replaces the state: writes a temporary file, flushes it and renames it. After a crash, the state's file
        contains either the old or the new state.

        First, a copy of the new state is added to the history. If the copy cannot be written, the old state stays.
        Raises LostRace if the lock is lost, or if another process has written the state since it was last read.
        """
        text = self._serializer.dump_pieces(state)
        self.holding.check_state(self._digest_state)
        self._keep(state.serial, text)
        self.holding.check_state(self._digest_state)
        self.holding.note(self._replace(self.state_path, text))
        for serial in superfluous(self.history(), state.serial):
            remove_own(self._former_path(serial))

    def keep(self, state: State) -> None:
        """Adds a copy of `state` to the history of former states. A state with the same serial in the history is
        overwritten. Raises StateError if the file cannot be written.
        """
        self.holding.check()
        self._keep(state.serial, self._serializer.dump_pieces(state))

    @contextlib.contextmanager
    def lock(self, command: str) -> Iterator[None]:
        """Returns a context manager that holds the lock of the state during the `with` block. If another process holds
        the lock, waits up to `lock_timeout` seconds for it. `command` is recorded in the lock as the command of this
        process.

        Raises Locked if another process still holds the lock after the wait. The message names that process and the
        time when it acquired the lock, if the lock's file contains them. Raises StateError if the folder or the lock
        cannot be written.
        """
        try:
            make_folder(self.folder)
        except OSError as error:
            raise refused("written", self.folder, error) from error
        with hold(self.lock_path, command, self.lock_timeout) as handle:
            self.holding.begin(handle, self.lock_path)
            try:
                self._sweep()
                yield
            finally:
                self.holding.end()

    def holder(self) -> Owner | None:
        """Returns the owner of the lock, or None if the lock is free. Must not be called while this backend object
        holds the lock.
        """
        return read_owner(self.lock_path)

    def read_journal(self) -> list[Entry]:
        """Returns the entries that an earlier run left in the journal. An incomplete last line is ignored. Raises
        TornState if the journal is damaged.
        """
        try:
            data = read_own(self.journal_path, STATE_BYTES)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise refused("read", self.journal_path, error) from error
        complete, _, _ = data.rpartition(b"\n")
        hint = "keep a copy of the file, then take it away and run `provision plan` to see what is live"
        return self._serializer.split(complete, str(self.journal_path), hint)

    def open_journal(self, opening: Opening) -> JournalFile:
        """Opens the journal for writing. A new journal starts with the entry `opening`; an existing journal is
        continued. The caller must hold the lock.
        """
        try:
            return JournalFile.open(self.journal_path, opening, self._serializer, self.holding)
        except OSError as error:
            raise refused("written", self.journal_path, error) from error

    def replace_journal(self, entries: Sequence[Entry]) -> None:
        """Replaces the existing journal by a journal with the entries `entries`, atomically. The caller must hold the
        lock.
        """
        self.holding.check()
        self._replace(self.journal_path, (self._serializer.join(entries),))

    def clear_journal(self) -> None:
        """Removes the journal. Its entries must already be in the state. The caller must hold the lock. Raises LostRace
        if the lock is lost.
        """
        self.holding.check()
        try:
            remove_own(self.journal_path)
            sync_folder(self.folder)
        except OSError as error:
            raise refused("removed", self.journal_path, error) from error

    def history(self) -> list[int]:
        """Returns the serials of the former states that the history contains as copies, beginning with the oldest
        state.
        """
        try:
            names = list_own(self.history_path)
        except OSError as error:
            raise refused("read", self.history_path, error) from error
        return read_serials(stem for name in names if (stem := name.removesuffix(".json")) != name)

    def read_former(self, serial: int) -> State:
        """Returns the former state with the serial `serial` from the history. Raises StateError if the history does not
        contain this state.
        """
        try:
            data = read_own(self._former_path(serial), STATE_BYTES)
        except UnfitFile as error:
            raise refused("read", self._former_path(serial), error) from error
        except OSError as error:
            hint = "`provision state history` lists those that are"
            raise StateError(f"the state of serial {serial} is not kept", hint=hint) from error
        return self._serializer.parse(data, f"serial {serial} of {self.describe()}")

    def former_digest(self, serial: int) -> str | None:
        """Returns the digest that the text of the former state with the serial `serial` contains. Reads only the
        beginning of the text. Returns None if the beginning contains no digest, for example because the state is
        encrypted, or if it cannot be read.
        """
        try:
            return find_digest(read_own_beginning(self._former_path(serial), BEGINNING_BYTES))
        except OSError:
            return None

    def unlock(self, id: str) -> Owner:
        """Always raises StateError, because the lock of a local backend cannot be removed. The lock ends when the
        process that holds it ends.
        """
        raise StateError("this lock is the operating system's and ends with its process", hint="end the process")

    @property
    def releases(self) -> LocalReleases:
        """The texts of the releases in this backend: the contents that were applied to assistants, and their index."""
        if not self._releases:
            folder = self.folder / f"{self.name}.releases"
            self._releases.append(LocalReleases(folder, f".{self.name}.", self._serializer, self.holding))
        return self._releases[0]

    def close(self) -> None:
        """Does nothing, because there are no connections."""

    @property
    def _serializer(self) -> Serializer:
        return Serializer(self.name, self.seal)

    def _former_path(self, serial: int) -> Path:
        return self.history_path / f"{serial}.json"

    def _keep(self, serial: int, text: Iterable[bytes]) -> None:
        self._replace(self._former_path(serial), text)

    def _sweep(self) -> None:
        """Removes the temporary files of a process that was killed. The caller must hold the lock, so that no other
        process is writing.
        """
        for folder in (self.folder, self.history_path, self.releases.folder):
            try:
                for name in list_own(folder):
                    if name.startswith(f".{self.name}.") and name.endswith(".tmp"):
                        remove_own(folder / name)
            except OSError as error:
                raise refused("written", folder, error) from error

    def _replace(self, path: Path, pieces: Iterable[bytes]) -> str:
        """Replaces the content of the file at `path` with `pieces`, and returns the SHA-256 of the new content."""
        digest = hashlib.sha256()
        try:
            make_folder(path.parent)
            replace_own_in_pieces(path, hashing(pieces, digest.update), prefix=f".{self.name}.")
        except OSError as error:
            raise refused("written", path, error) from error
        return digest.hexdigest()


def hashing(pieces: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    """Yields `pieces` unchanged. Calls `update` with each of them, so that they are hashed while they are written."""
    for piece in pieces:
        update(piece)
        yield piece
