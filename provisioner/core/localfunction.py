"""The local implementation of a function tool: a Python function in a file of the project (`handler:` in manifests)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from provisioner.core.diagnostic import Place


@dataclass(frozen=True, slots=True)
class LocalFunction:
    """The Python function `function` in the file `path`, which is below the folder `root`. `place` is the place in a
    manifest that names it.
    """

    root: Path
    path: Path
    function: str
    place: Place | None = None

    @property
    def name(self) -> str:
        """The function as manifests write it, with the path from the root: `tools/server.py:examine_server`."""
        return f"{self.path.relative_to(self.root).as_posix()}:{self.function}"
