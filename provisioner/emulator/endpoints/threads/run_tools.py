"""The tools of a run: the search in its vector stores, and the files of its code interpreter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from provisioner.emulator.answering.outputs import Hit
from provisioner.emulator.answering.tooling import Tooling
from provisioner.emulator.answering.turn import FileSearchTool
from provisioner.emulator.endpoints import stores
from provisioner.emulator.endpoints.threads.run_turn import find_resources
from provisioner.emulator.file_indexing.passages import find_passages
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.identifiers import new_id

#: The purpose of a file that the code interpreter has written.
OUTPUT = "assistants_output"


def make_tooling(call: ApiRequest, run: Mapping[str, Any]) -> Tooling:
    """Returns the tools of a run."""
    return Tooling(
        lambda tool, queries: _search(call, tool, queries), ThreadFiles(call, run), call.answering.interpreter
    )


class ThreadFiles:
    """The files of the code interpreter in a run: those of the assistant and of the thread. Files that code writes
    become files of the account.
    """

    def __init__(self, call: ApiRequest, run: Mapping[str, Any]) -> None:
        self._call = call
        self._run = run

    def files(self) -> Mapping[str, bytes]:
        """Returns the contents of all files by their names. Each file also has its id as a name, because the real
        API's code interpreter has it at `/mnt/data/FILE_ID`.
        """
        found: dict[str, bytes] = {}
        for identifier in find_resources(self._call, self._run, "code_interpreter", "file_ids"):
            row = self._call.database.row(
                "SELECT filename, data FROM files JOIN contents ON file_id = id WHERE id = ?", identifier
            )
            if row:
                found[row["filename"]] = found[identifier] = bytes(row["data"])
        return found

    def keep(self, filename: str, data: bytes) -> str:
        """Stores a file that code has written, and returns its id."""
        identifier = new_id("file-")
        database = self._call.database
        with database.writing():
            database.run(
                "INSERT INTO files (id, filename, bytes, purpose, created_at) VALUES (?, ?, ?, ?, ?)",
                identifier,
                f"/mnt/data/{filename}",
                len(data),
                OUTPUT,
                self._call.second,
            )
            database.run("INSERT INTO contents VALUES (?, ?)", identifier, data)
        return identifier


def _search(call: ApiRequest, tool: FileSearchTool, queries: tuple[str, ...]) -> Iterable[Hit]:
    found = find_passages(call.database, call.now, tool.store_ids, queries, limit=tool.limit, threshold=tool.threshold)
    with call.database.writing():
        for identifier in tool.store_ids:
            stores.touch(call, identifier)
    return [
        Hit(each.file_id, each.filename, each.store_id, each.score, each.text, each.attributes, each.number)
        for each in found
    ]
