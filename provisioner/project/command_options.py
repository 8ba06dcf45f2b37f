"""The options of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provisioner.core.defaults import GRACE, INDEX_TIMEOUT, LOCK_TIMEOUT, PARALLELISM


@dataclass(frozen=True, slots=True)
class Choice:
    """Which project, in which environment, on which account, and how. The times are in seconds.

    Each field is an option that several commands share; `directory` is None where none was given.
    """

    directory: Path | None = None
    environment: str | None = None
    emulator: bool = False
    no_color: bool = False
    verbose: int = 0
    parallelism: int = PARALLELISM
    index_timeout: float = INDEX_TIMEOUT
    grace: float = GRACE
    lock_timeout: float = LOCK_TIMEOUT

    @property
    def folder(self) -> Path:
        """The folder from which the manifests are looked for: the working folder where no other was chosen."""
        return self.directory or Path.cwd()
