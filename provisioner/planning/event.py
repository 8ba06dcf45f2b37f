"""What the engine tells while it works. `render` shows it; nothing here prints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provisioner.planning.plan import Change


@dataclass(frozen=True, slots=True)
class ApplyStarted:
    """An apply begins. `uploads` counts the files to upload."""

    changes: int
    uploads: int


@dataclass(frozen=True, slots=True)
class ApplyEnded:
    """An apply is over; its outcome comes next."""


@dataclass(frozen=True, slots=True)
class Started:
    """A change is under way."""

    change: Change


@dataclass(frozen=True, slots=True)
class Finished:
    """A change is done and recorded. `id` is the object's; `seconds` is how long it took."""

    change: Change
    id: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Failed:
    """A change failed; `message` says why and `hint` what to do."""

    change: Change
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change was not begun, because of another."""

    change: Change
    because: str


@dataclass(frozen=True, slots=True)
class Indexing:
    """Files being indexed in a store: `done` of `total`."""

    address: str
    done: int
    total: int


Event = ApplyStarted | ApplyEnded | Started | Finished | Failed | Skipped | Indexing
Emit = Callable[[Event], None]
