"""The events that the engine reports while it applies a plan. The commands display these events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provisioner.planning.plan import Change


@dataclass(frozen=True, slots=True)
class ApplyStarted:
    """The apply of a plan begins. `changes` is the number of changes, `uploads` the number of files to upload."""

    changes: int
    uploads: int


@dataclass(frozen=True, slots=True)
class ApplyEnded:
    """The apply of a plan has ended. Its result is printed after this event."""


@dataclass(frozen=True, slots=True)
class Started:
    """The engine has begun to apply a change."""

    change: Change


@dataclass(frozen=True, slots=True)
class Finished:
    """A change was applied and recorded. `id` is the id of its object, and `seconds` the duration of the change."""

    change: Change
    id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A change failed. `message` says why, and `hint` says what the user can do."""

    change: Change
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change, or the deletion of a replaced object, was not carried out. `because` says why."""

    change: Change
    because: str


@dataclass(frozen=True, slots=True)
class Indexing:
    """A vector store is indexing its files: `done` of `total` files are indexed. `address` is the address of the
    store.
    """

    address: str
    done: int
    total: int


Event = ApplyStarted | ApplyEnded | Started | Finished | Failed | Skipped | Indexing
Emit = Callable[[Event], None]
