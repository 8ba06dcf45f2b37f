"""Defines the events that the engine reports while it applies a plan. The commands display these events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provisioner.planning.plan import Change


@dataclass(frozen=True, slots=True)
class ApplyStarted:
    """An event: the apply of a plan begins. `changes` is the number of changes, and `uploads` is the number of files to
    upload.
    """

    changes: int
    uploads: int


@dataclass(frozen=True, slots=True)
class ApplyEnded:
    """An event: the apply of a plan has ended. The commands print the result of the apply after this event."""


@dataclass(frozen=True, slots=True)
class Started:
    """An event: the engine has begun to apply a change."""

    change: Change


@dataclass(frozen=True, slots=True)
class Finished:
    """An event: a change was applied and recorded. `id` is the id of the changed object, and `seconds` is the duration
    of the change.
    """

    change: Change
    id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """An event: a change failed. `message` gives the reason, and `hint` says what the user can do."""

    change: Change
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """An event: a change, or the deletion of a replaced object, was not carried out. `because` gives the reason."""

    change: Change
    because: str


@dataclass(frozen=True, slots=True)
class Indexing:
    """An event: a vector store is indexing its files. `done` is the number of indexed files, and `total` is the number
    of all these files. `address` is the address of the store.
    """

    address: str
    done: int
    total: int


Event = ApplyStarted | ApplyEnded | Started | Finished | Failed | Skipped | Indexing
Emit = Callable[[Event], None]
