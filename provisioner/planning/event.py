"""The events that the engine reports during its work. `render` displays them; nothing here prints."""

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
    """An apply is over. Its outcome is printed after this event."""


@dataclass(frozen=True, slots=True)
class Started:
    """A change has begun."""

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
    """A change was not begun, because another one failed or was skipped."""

    change: Change
    because: str


@dataclass(frozen=True, slots=True)
class Indexing:
    """Files are being indexed in a store: `done` of `total`."""

    address: str
    done: int
    total: int


Event = ApplyStarted | ApplyEnded | Started | Finished | Failed | Skipped | Indexing
Emit = Callable[[Event], None]
