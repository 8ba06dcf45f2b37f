"""Gives a run access to the files of the code interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.emulator.endpoints.threads.run_turn import find_resources
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.identifiers import new_id

#: The purpose of a file that the code interpreter has written.
OUTPUT = "assistants_output"


class ThreadFiles:
    """Gives a run access to the files of the code interpreter. The files are those of the assistant and of the thread.
    Files that code in the code interpreter writes become files of the account.
    """

    def __init__(self, call: ApiRequest, run: Mapping[str, Any]) -> None:
        self._call = call
        self._run = run

    def files(self) -> Mapping[str, bytes]:
        """Returns the contents of all files, keyed by file name. The result contains each file again under its id,
        because the code interpreter of the real API reads files from `/mnt/data/FILE_ID`.
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
        """Stores a file that code in the code interpreter has written, and returns the file's id."""
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
