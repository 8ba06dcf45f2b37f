"""Defines `Choice`, the values of the global options of the command line."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from provisioner.core.defaults import GRACE, INDEX_TIMEOUT, LOCK_TIMEOUT, MOST_PARALLELISM, PARALLELISM
from provisioner.core.errors import UsageError


class Choice(Struct, frozen=True):
    """The values of the global options of the command line, such as the folder of the project, the environment of the
    project, and limits.

    `variables` are texts `NAME=VALUE`, and `variable_files` are paths. Both are in the order of the command line.
    `directory` is None if the option `-C` is not given. `index_timeout`, `grace` and `lock_timeout` are in seconds.
    `parallelism` is the largest number of operations at the same time.

    Raises UsageError if `parallelism` is out of range.
    """

    directory: Path | None = None
    environment: str | None = None
    emulator: bool = False
    no_color: bool = False
    verbose: int = 0
    variables: tuple[str, ...] = ()
    variable_files: tuple[Path, ...] = ()
    parallelism: int = PARALLELISM
    index_timeout: float = INDEX_TIMEOUT
    grace: float = GRACE
    lock_timeout: float = LOCK_TIMEOUT

    def __post_init__(self) -> None:
        """Raises UsageError if `parallelism` is out of range. The command line checks this earlier, but a Python
        program can make a `Choice` with any value.
        """
        if not 1 <= self.parallelism <= MOST_PARALLELISM:
            raise UsageError(
                f"a parallelism of {self.parallelism} is out of range",
                hint=f"choose a number of concurrent calls from 1 to {MOST_PARALLELISM}",
            )

    @property
    def folder(self) -> Path:
        """Returns the folder in which the search for the project starts: `directory` if it is given, otherwise the
        working folder.
        """
        return self.directory or Path.cwd()
