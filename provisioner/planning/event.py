"""Defines the events that the engine reports while it applies a plan. The commands display these events."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from provisioner.planning.plan import Change


class ApplyStarted(Struct, frozen=True):
    """An event: the apply of a plan begins. `changes` is the number of changes, and `uploads` is the number of files to
    upload.
    """

    changes: int
    uploads: int


class ApplyEnded(Struct, frozen=True):
    """An event: the apply of a plan has ended. The commands print the result of the apply after this event."""


class Started(Struct, frozen=True):
    """An event: the engine has begun to apply a change."""

    change: Change


class Finished(Struct, frozen=True):
    """An event: a change was applied and recorded. `id` is the id of the changed object, and `seconds` is the duration
    of the change.
    """

    change: Change
    id: str
    seconds: float


class Failed(Struct, frozen=True):
    """An event: a change failed. `message` gives the reason, and `hint` says what the user can do."""

    change: Change
    message: str
    hint: str | None = None


class Skipped(Struct, frozen=True):
    """An event: a change, or the deletion of a replaced object, was not carried out. `because` gives the reason."""

    change: Change
    because: str


class Indexing(Struct, frozen=True):
    """An event: a vector store is indexing its files. `done` is the number of indexed files, and `total` is the number
    of all these files. `address` is the address of the store.
    """

    address: str
    done: int
    total: int


Event = ApplyStarted | ApplyEnded | Started | Finished | Failed | Skipped | Indexing
Emit = Callable[[Event], None]
