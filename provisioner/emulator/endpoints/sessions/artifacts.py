"""Manages the files of a session: the files in its environment, and its artifacts. An artifact is a file that a turn
has written. Also defines the endpoints for artifacts.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from provisioner.emulator.endpoints.documents import public
from provisioner.emulator.endpoints.sessions.tables import ARTIFACTS, SESSIONS
from provisioner.emulator.messages.request import ApiRequest, Content, Reply

#: The folder whose files are published when a turn has ended.
OUTPUTS = PurePosixPath("/workspace/outputs")


class EnvironmentFiles:
    """Gives one turn access to the files in the environment of its session. Files that the code interpreter writes
    become artifacts of the session.
    """

    def __init__(self, call: ApiRequest, session: Mapping[str, Any], turn: Mapping[str, Any]) -> None:
        self._call = call
        self._session = session
        self._turn = turn

    def files(self) -> Mapping[str, bytes]:
        """Returns the contents of the files in the environment, keyed by file name. Only uploaded files (files with an
        id) are returned, because the emulator does not store the contents of other files.
        """
        found = {}
        for file in self._session["environment"].get("files", ()):
            row = self._call.database.row("SELECT data FROM contents WHERE file_id = ?", file.get("file_id", ""))
            if row:
                found[PurePosixPath(file["path"]).name] = bytes(row["data"])
        return found

    def keep(self, filename: str, data: bytes) -> str:
        """Stores, as an artifact of the session, a file that the code interpreter has written. Returns the id of the
        artifact.
        """
        made = ARTIFACTS.under(self._session["id"]).add(
            self._call,
            {
                "environment_id": self._session["environment"].get("id", ""),
                "path": str(OUTPUTS / filename),
                "session_id": self._session["id"],
                "size_bytes": len(data),
                "turn_id": self._turn["id"],
                "_data": base64.b64encode(data).decode(),
            },
        )
        return str(made["id"])


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions/{session_id}/artifacts`: returns a page of the artifacts."""
    return ARTIFACTS.under(SESSIONS.find(call, call.ids["session_id"])["id"]).list(call)


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions/{session_id}/artifacts/{artifact_id}`: returns the artifact."""
    return public(_find(call))


def download(call: ApiRequest) -> Reply:
    """Handles `GET /agents/sessions/{session_id}/artifacts/{artifact_id}/content`: returns the bytes of the file."""
    return Content(base64.b64decode(_find(call)["_data"]))


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /agents/sessions/{session_id}/artifacts/{artifact_id}`: deletes the artifact."""
    return ARTIFACTS.under(call.ids["session_id"]).remove(call, _find(call)["id"])


def _find(call: ApiRequest) -> dict[str, Any]:
    session = SESSIONS.find(call, call.ids["session_id"])
    return ARTIFACTS.under(session["id"]).find(call, call.ids["artifact_id"])
