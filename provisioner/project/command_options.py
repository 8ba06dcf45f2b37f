"""The options of the command line."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provisioner.core.defaults import GRACE, INDEX_TIMEOUT, LOCK_TIMEOUT, PARALLELISM


@dataclass(frozen=True, slots=True)
class Choice:
    """The project, environment, account and limits that the options chose. Times are in seconds.

    Each field is an option that several commands share. `directory` is None if the option is not given.
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
        """The folder in which the search for manifests starts: the chosen one, otherwise the working folder."""
        return self.directory or Path.cwd()
