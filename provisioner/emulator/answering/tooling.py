"""Defines the tools that the model can use in a turn: the search in vector stores, and the code interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from provisioner.emulator.answering.outputs import CodeRun, FileSearch, Hit, MadeFile
from provisioner.emulator.answering.turn import FileSearchTool


class Workspace(Protocol):
    """Gives access to the folder of the code interpreter in one turn. The folder contains the files of a container, a
    thread or a session.
    """

    def files(self) -> Mapping[str, bytes]:
        """Returns the contents of all files in the folder, keyed by file name."""

    def keep(self, filename: str, data: bytes) -> str:
        """Stores the file `filename`, which code in the code interpreter has written, with the content `data`. Returns
        the new id of the file.
        """


class Interpreter(Protocol):
    """Defines the interface for running code. The class in `answering.interpreter` implements it for `--run-code`."""

    async def run(self, code: str, files: Mapping[str, bytes]) -> tuple[str, bool, Mapping[str, bytes]]:
        """Runs `code`, and returns three values: the printed text, True if the code ended by itself and without an
        error, and the contents of the files that it has written, keyed by file name. `files` maps the name of each file
        in the folder to its content.
        """


Search = Callable[[FileSearchTool, tuple[str, ...]], Iterable[Hit]]


class Tooling(Struct, frozen=True):
    """Contains the tools of one turn. `search` finds passages in vector stores. `workspace` is None if the turn has no
    code interpreter. `interpreter` is None if code is not executed. The output of the code then comes from the model,
    for example from the script.
    """

    search: Search
    workspace: Workspace | None = None
    interpreter: Interpreter | None = None

    def search_files(self, tool: FileSearchTool, *queries: str) -> FileSearch:
        """Searches for `queries` in the vector stores of `tool`. Returns the search as an output of the turn, with the
        passages that were found.
        """
        return FileSearch(queries, tuple(self.search(tool, queries)))

    async def run_code(self, code: str, logs: str = "", files: Mapping[str, bytes] | None = None) -> CodeRun:
        """Runs `code`, and returns the run as an output of the turn. If there is no interpreter, the code is not
        executed: the run then has the printed text `logs` and the written files `files`, keyed by file name.
        """
        ok, written = True, files or {}
        if self.interpreter is not None:
            logs, ok, written = await self.interpreter.run(code, self.workspace.files() if self.workspace else {})
        made = [MadeFile(self._keep(name, data), name, data) for name, data in written.items()]
        return CodeRun(code, logs, tuple(made), ok)

    def _keep(self, name: str, data: bytes) -> str:
        return self.workspace.keep(name, data) if self.workspace else ""
