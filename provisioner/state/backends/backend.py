"""Defines the protocol of a backend: a place where the state and the journal of one environment of the project are
stored and locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from msgspec import Struct

from provisioner.state.backends.release_files import ReleaseFiles
from provisioner.state.journal import Entry, Opening
from provisioner.state.records import State

#: The number of states in the history.
KEPT = 50


class Owner(Struct, frozen=True):
    """The process that holds a lock. `since` is the time when the process acquired the lock, in ISO 8601 format with a
    time zone.
    """

    user: str
    host: str
    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid}, `provision {self.command}`) since {self.since}"


def superfluous(serials: Sequence[int], written: int) -> list[int]:
    """Returns the serials of the states that can be deleted from the history (the copies of former states) after a new
    state was added. `written` is the serial of the new state.

    `serials` are the serials in the history. The newest KEPT states stay. A serial above `written` belongs to an
    earlier state that was replaced by a new, empty state. The states with such serials are deleted first.
    """
    return sorted(serials, key=lambda serial: (serial <= written, serial))[:-KEPT]


class Journal(Protocol):
    """A journal that is open for writing. Several threads can use it at the same time."""

    def append(self, entry: Entry) -> None:
        """Adds `entry` to the journal. The entry is durable when the method returns. Raises StateError if the entry
        cannot be written.
        """
        ...

    def close(self) -> None:
        """Closes the journal. The entries stay in the journal."""
        ...


class Backend(Protocol):
    """The place where the state, the lock and the journal of one environment of a project are stored, together with the
    history: copies of the former states.
    """

    def describe(self) -> str:
        """Returns the location of the backend, for messages."""
        ...

    def read(self) -> State | None:
        """Returns the current state, or None if no state exists. Raises TornState if the state is damaged, NewerState
        if a later version of provision wrote it, WrongKey if no key decrypts it, and StateError if it cannot be read.
        """
        ...

    def write(self, state: State) -> None:
        """Replaces the current state by `state`, atomically, and adds a copy of `state` to the history. Raises
        StateError if the state cannot be written.
        """
        ...

    def keep(self, state: State) -> None:
        """Adds a copy of `state` to the history. A state with the same serial in the history is overwritten. The caller
        must hold the lock. Raises StateError if the copy cannot be written.
        """
        ...

    def lock(self, command: str) -> AbstractContextManager[None]:
        """Returns a context manager that holds the lock during the `with` block. `command` is the command of this
        process, which the lock names to other users. Raises Locked if another process holds the lock. The error
        contains that process and the time, if they are known.
        """
        ...

    def holder(self) -> Owner | None:
        """Returns the owner of the lock, or None if the lock is free. Must not be called while this backend object
        holds the lock.
        """
        ...

    def read_journal(self) -> list[Entry]:
        """Returns the entries that an earlier run left in the journal. An incomplete last line is ignored. Raises
        TornState if the journal is damaged, and WrongKey if no key decrypts it.
        """
        ...

    def open_journal(self, opening: Opening) -> Journal:
        """Opens the journal for writing. A new journal starts with the entry `opening`; an existing journal is
        continued. The caller must hold the lock.
        """
        ...

    def replace_journal(self, entries: Sequence[Entry]) -> None:
        """Replaces the existing journal by a journal with the entries `entries`, atomically. The caller must hold the
        lock.
        """
        ...

    def clear_journal(self) -> None:
        """Removes the journal. Its entries must already be in the state. The caller must hold the lock."""
        ...

    def history(self) -> list[int]:
        """Returns the serials of the former states that the history contains as copies, beginning with the oldest
        state.
        """
        ...

    def read_former(self, serial: int) -> State:
        """Returns the former state with the serial `serial` from the history. Raises StateError if the history does not
        contain this state.
        """
        ...

    def former_digest(self, serial: int) -> str | None:
        """Returns the digest that the text of the former state with the serial `serial` contains. Returns None if it
        cannot be found without reading the whole text, or if the history does not contain this state.
        """
        ...

    @property
    def releases(self) -> ReleaseFiles:
        """The texts of the releases in this backend: the contents that were applied to assistants, and their index."""
        ...

    def unlock(self, id: str) -> Owner:
        """Removes the lock with the id `id`, and returns the process that owned the lock. The caller must know that
        this process no longer runs. Raises StateError if the lock cannot be removed.
        """
        ...

    def close(self) -> None:
        """Closes the connections of the backend."""
        ...
