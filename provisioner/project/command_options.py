"""The options of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen project, environment and account, and other options. Times are in seconds."""

    directory: Path
    environment: str | None = None
    emulator: bool = False
    parallelism: int = 16
    index_timeout: float = 600.0
    grace: float = 5.0
    lock_timeout: float = 0.0
