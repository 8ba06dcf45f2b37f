"""What a backend can do."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from provisioner.state.journal import Entry, Opening
from provisioner.state.records import State

#: How many states the history keeps.
KEPT = 50


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds a lock. `since` is an ISO time with its zone."""

    user: str
    host: str
    pid: int
    command: str
    since: str

    def __str__(self) -> str:
        return f"{self.user}@{self.host} (process {self.pid}, `provision {self.command}`) since {self.since}"


def superfluous(serials: Sequence[int], written: int) -> list[int]:
    """The serials that the history need not keep once `written` is in it.

    Higher ones are a former life's, from before the state was made anew: they count as the oldest.
    """
    return sorted(serials, key=lambda serial: (serial <= written, serial))[:-KEPT]


class Journal(Protocol):
    """An open journal. Thread-safe."""

    def append(self, entry: Entry) -> None:
        """Writes an entry; it is durable when this returns. Raises StateError where the disk refuses."""
        ...

    def close(self) -> None:
        """Closes the file; the entries stay."""
        ...


class Backend(Protocol):
    """State, lock and journal of one environment of one project."""

    def describe(self) -> str:
        """Where it is, for people."""
        ...

    def read(self) -> State | None:
        """The last state, or None where there is none. Raises TornState, NewerState, WrongKey, StateError."""
        ...

    def write(self, state: State) -> None:
        """Puts a state in the last one's place, all or nothing. Raises StateError."""
        ...

    def keep(self, state: State) -> None:
        """Puts a state into the history, in place of the one of its serial. Only under the lock. Raises StateError."""
        ...

    def lock(self, command: str) -> AbstractContextManager[None]:
        """Holds the lock. Raises Locked where somebody else does, saying who and since when."""
        ...

    def holder(self) -> Owner | None:
        """Who holds the lock now, or None. Only for those who do not hold it."""
        ...

    def read_journal(self) -> list[Entry]:
        """The entries that an earlier run left, a torn last line left out. Raises TornState, WrongKey."""
        ...

    def open_journal(self, opening: Opening) -> Journal:
        """A journal with this first entry, or the one that was left, to go on with. Only under the lock."""
        ...

    def replace_journal(self, entries: Sequence[Entry]) -> None:
        """Puts a journal of these entries in place of the one that was left, all or nothing. Only under the lock."""
        ...

    def clear_journal(self) -> None:
        """Takes the journal away: everything in it is in the state. Only under the lock."""
        ...

    def history(self) -> list[int]:
        """The serials of the states that are kept, oldest first."""
        ...

    def read_former(self, serial: int) -> State:
        """A state that is kept. Raises StateError where it is not."""
        ...

    def unlock(self, id: str) -> Owner:
        """Takes the lock `id` away from a holder that is gone; returns who it was. Raises StateError."""
        ...

    def close(self) -> None:
        """Closes connections."""
        ...
