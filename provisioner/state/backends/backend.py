"""The protocol of a backend."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from provisioner.state.journal import Entry, Opening
from provisioner.state.records import State

#: The number of states in the history.
KEPT = 50


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that holds a lock. `since` is an ISO time with its zone."""

    user: str
    host: str
    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid}, `provision {self.command}`) since {self.since}"


def superfluous(serials: Sequence[int], written: int) -> list[int]:
    """Returns the serials that the history need not keep after `written` was added.

    Higher serials are from before the state was made anew. They count as the oldest.
    """
    return sorted(serials, key=lambda serial: (serial <= written, serial))[:-KEPT]


class Journal(Protocol):
    """An open journal. Thread-safe."""

    def append(self, entry: Entry) -> None:
        """Writes an entry; it is durable when this returns. Raises StateError if the disk refuses."""
        ...

    def close(self) -> None:
        """Closes the file; the entries stay."""
        ...


class Backend(Protocol):
    """State, lock and journal of one environment of one project."""

    def describe(self) -> str:
        """Returns its location, for people."""
        ...

    def read(self) -> State | None:
        """Returns the last state, or None if there is none. Raises TornState, NewerState, WrongKey, StateError."""
        ...

    def write(self, state: State) -> None:
        """Replaces the last state, atomically. Raises StateError."""
        ...

    def keep(self, state: State) -> None:
        """Adds a state to the history, and replaces one with the same serial. Requires the lock. Raises StateError."""
        ...

    def lock(self, command: str) -> AbstractContextManager[None]:
        """Holds the lock. Raises Locked, with the owner and the time, if another process holds it."""
        ...

    def holder(self) -> Owner | None:
        """Returns the owner of the lock, or None. Call it only without holding the lock."""
        ...

    def read_journal(self) -> list[Entry]:
        """Returns the entries that an earlier run left, without a torn last line. Raises TornState, WrongKey."""
        ...

    def open_journal(self, opening: Opening) -> Journal:
        """Returns a new journal with this first entry, or the existing one for further entries. Requires the lock."""
        ...

    def replace_journal(self, entries: Sequence[Entry]) -> None:
        """Replaces the existing journal by one with these entries, atomically. Requires the lock."""
        ...

    def clear_journal(self) -> None:
        """Removes the journal, after its entries were written to the state. Requires the lock."""
        ...

    def history(self) -> list[int]:
        """Returns the serials of the states in the history, oldest first."""
        ...

    def read_former(self, serial: int) -> State:
        """Returns a state of the history. Raises StateError if it is not there."""
        ...

    def unlock(self, id: str) -> Owner:
        """Removes the lock `id` of an owner that no longer exists, and returns that owner. Raises StateError."""
        ...

    def close(self) -> None:
        """Closes connections."""
        ...
