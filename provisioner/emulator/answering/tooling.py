"""The tools that the model can use in a turn: the search in vector stores, and the code interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from provisioner.emulator.answering.outputs import CodeRun, FileSearch, Hit, MadeFile
from provisioner.emulator.answering.turn import FileSearchTool


class Workspace(Protocol):
    """The folder of the code interpreter in one turn. Its files are those of a container or of a thread."""

    def files(self) -> Mapping[str, bytes]:
        """Returns the contents of all files by file name."""

    def keep(self, filename: str, data: bytes) -> str:
        """Stores a file that code has written, and returns its new id."""


class Interpreter(Protocol):
    """Runs code. With `--run-code`, the class in `answering.interpreter` is used."""

    async def run(self, code: str, files: Mapping[str, bytes]) -> tuple[str, bool, Mapping[str, bytes]]:
        """Runs `code`, and returns its printed text, whether it ended without an error, and the files that it has
        written.
        """


Search = Callable[[FileSearchTool, tuple[str, ...]], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Tooling:
    """The tools of one turn. `search` finds passages (see `file_indexing.passages`). `workspace` is None if the turn
    has no code interpreter. `interpreter` is None if code is not executed; the output of a script is then used instead.
    """

    search: Search
    workspace: Workspace | None = None
    interpreter: Interpreter | None = None

    def search_files(self, tool: FileSearchTool, *queries: str) -> FileSearch:
        """Searches in the vector stores of `tool`. Returns the output with the found passages."""
        return FileSearch(queries, tuple(self.search(tool, queries)))

    async def run_code(self, code: str, logs: str = "", files: Mapping[str, bytes] | None = None) -> CodeRun:
        """Runs `code` and returns the output of the turn. Without an interpreter, the printed text is `logs`, and the
        written files are `files`.
        """
        ok, written = True, files or {}
        if self.interpreter is not None:
            logs, ok, written = await self.interpreter.run(code, self.workspace.files() if self.workspace else {})
        made = [MadeFile(self._keep(name, data), name, data) for name, data in written.items()]
        return CodeRun(code, logs, tuple(made), ok)

    def _keep(self, name: str, data: bytes) -> str:
        return self.workspace.keep(name, data) if self.workspace else ""
