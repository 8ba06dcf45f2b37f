"""What the model can use in a turn: search in vector stores, and the code interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from provisioner.emulator.answering.outputs import CodeRun, FileSearch, Hit, MadeFile
from provisioner.emulator.answering.turn import FileSearchTool


class Workspace(Protocol):
    """The folder of the code interpreter in one turn: a container, or the files of a thread."""

    def files(self) -> Mapping[str, bytes]:
        """Returns the contents of all files by their names."""

    def keep(self, filename: str, data: bytes) -> str:
        """Stores a file that code has written, and returns its new id."""


class Interpreter(Protocol):
    """Runs code. `answering.interpreter` has the one that is used with `--run-code`."""

    async def run(self, code: str, files: Mapping[str, bytes]) -> tuple[str, bool, Mapping[str, bytes]]:
        """Returns what the code printed, whether it ended without an error, and the files that it has written."""


Search = Callable[[FileSearchTool, tuple[str, ...]], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Tooling:
    """The tools of one turn. `search` finds passages (`file_indexing.passages`). `workspace` is None if the turn has no
    code interpreter. `interpreter` is None if code is not executed but replayed.
    """

    search: Search
    workspace: Workspace | None = None
    interpreter: Interpreter | None = None

    def search_files(self, tool: FileSearchTool, *queries: str) -> FileSearch:
        """Searches the vector stores of `tool`, and returns the output with the hits."""
        return FileSearch(queries, tuple(self.search(tool, queries)))

    async def run_code(self, code: str, logs: str = "", files: Mapping[str, bytes] | None = None) -> CodeRun:
        """Runs `code` and returns the output. Without an interpreter, the output is `logs`, and the code writes
        `files`.
        """
        ok, written = True, files or {}
        if self.interpreter is not None:
            logs, ok, written = await self.interpreter.run(code, self.workspace.files() if self.workspace else {})
        made = [MadeFile(self._keep(name, data), name, data) for name, data in written.items()]
        return CodeRun(code, logs, tuple(made), ok)

    def _keep(self, name: str, data: bytes) -> str:
        return self.workspace.keep(name, data) if self.workspace else ""
