"""Stores the containers of the code interpreter and their files. It also makes the workspace for a turn that uses a
container.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from provisioner.emulator.checks.limits import check_count
from provisioner.emulator.endpoints import files
from provisioner.emulator.endpoints.documents import DocumentTable
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.database import Row
from provisioner.emulator.storage.identifiers import new_id

CONTAINERS = DocumentTable("container", "cntr_", "container")
#: The folder of a container's files, and the minutes without use after which a container expires (OpenAI's guide).
FOLDER, MINUTES, MAX_FILES = "/mnt/data/", 20, 50


def add(call: ApiRequest, fields: Mapping[str, Any], file_ids: Iterable[str] = ()) -> dict[str, Any]:
    """Stores a new container with copies of these files, and returns it. `fields` are the fields of a request."""
    minutes = (fields.get("expires_after") or {}).get("minutes", MINUTES)
    container = CONTAINERS.add(
        call,
        {
            "status": "running",
            "name": fields.get("name", "auto"),
            "last_active_at": call.second,
            "expires_after": {"anchor": "last_active_at", "minutes": minutes},
            "memory_limit": fields.get("memory_limit") or "1g",
            "network_policy": fields.get("network_policy") or {"type": "disabled"},
        },
    )
    for file in [files.find(call, identifier) for identifier in file_ids]:
        put(call, container["id"], file["filename"], files.read(call, file["id"]), "user")
    return container


def check_files(call: ApiRequest, file_ids: Sequence[str] | None, param: str) -> None:
    """Raises Refusal if there are too many files, or if a file does not exist."""
    check_count(param, file_ids, MAX_FILES)
    for identifier in file_ids or ():
        try:
            files.find(call, identifier)
        except Refusal as error:
            raise Refusal(404, f"File with id '{identifier}' not found.", param=param) from error


def find(call: ApiRequest, identifier: str) -> dict[str, Any]:
    """Returns the container with its present status. Raises Refusal with status 404 if it does not exist."""
    try:
        container = CONTAINERS.find(call, identifier)
    except Refusal:
        raise Refusal(404, f"Container with id '{identifier}' not found.", param="container_id") from None
    if is_expired(container, call.second):
        container["status"] = "expired"
    return container


def is_expired(container: Mapping[str, Any], now: int) -> bool:
    """Returns whether the container has expired, because it was not used for too long."""
    return bool(container["last_active_at"] + container["expires_after"]["minutes"] * 60 <= now)


def find_active(call: ApiRequest, identifier: str) -> dict[str, Any]:
    """Returns the container, and records that it is used now. Raises Refusal if it does not exist or has expired."""
    container = find(call, identifier)
    if container["status"] == "expired":
        raise Refusal(400, f"Container with id '{identifier}' is expired.", code="container_expired")
    return CONTAINERS.keep(call, {**container, "last_active_at": call.second})


def put(call: ApiRequest, container_id: str, filename: str, data: bytes, source: str) -> str:
    """Stores a file in a container and returns its id. If the container has a file with the same name, this file is
    replaced.
    """
    identifier = new_id("cfile_")
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    with call.database.writing():
        call.database.run(
            "INSERT OR REPLACE INTO container_files (id, container_id, path, created_at, source, data) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            identifier,
            container_id,
            FOLDER + name,
            call.second,
            source,
            data,
        )
    return identifier


def render_file(file: Row) -> dict[str, Any]:
    """Returns a file of a container in the API's format."""
    return {
        "id": file["id"],
        "object": "container.file",
        "container_id": file["container_id"],
        "created_at": file["created_at"],
        "bytes": file["bytes"],
        "path": file["path"],
        "source": file["source"],
    }


class ContainerWorkspace:
    """The workspace of a turn. If the container is automatic, it is created when the code interpreter first uses it.
    `earlier` is the container of an earlier turn. It is used again if it is set.
    """

    def __init__(self, call: ApiRequest, container: str | Mapping[str, Any], earlier: str | None) -> None:
        self._call = call
        self._container = container
        self._id = container if isinstance(container, str) else earlier

    @property
    def container_id(self) -> str:
        """The id of the container. An automatic container is created if it does not exist yet."""
        if self._id is None:
            assert not isinstance(self._container, str)
            self._id = add(self._call, self._container, self._container.get("file_ids", ()))["id"]
        return self._id

    def files(self) -> Mapping[str, bytes]:
        """Returns the contents of the container's files by file name."""
        if self._id is None and not (not isinstance(self._container, str) and self._container.get("file_ids")):
            return {}
        rows = self._call.database.rows(
            "SELECT path, data FROM container_files WHERE container_id = ? ORDER BY seq", self.container_id
        )
        return {row["path"].removeprefix(FOLDER): bytes(row["data"]) for row in rows}

    def keep(self, filename: str, data: bytes) -> str:
        """Stores a file that code has written, and returns its id."""
        return put(self._call, self.container_id, filename, data, "assistant")
