"""Describes the local implementation of a function tool: a Python function in a file of the project (`handler:` in
manifests).
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from provisioner.core.diagnostic import Place


class LocalFunction(Struct, frozen=True):
    """A Python function in a local file. `function` is the name of the function, and `path` is the path of the file.
    `root` is the folder that contains the file, directly or in a folder below. `place` is the position of the
    function's name in a manifest.
    """

    root: Path
    path: Path
    function: str
    place: Place | None = None

    @property
    def name(self) -> str:
        """The function in the notation of manifests, with the file's path relative to the root:
        `tools/server.py:examine_server`.
        """
        return f"{self.path.relative_to(self.root).as_posix()}:{self.function}"
