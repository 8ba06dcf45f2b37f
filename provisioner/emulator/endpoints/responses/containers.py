"""Stores the containers of the code interpreter and their files. Also makes the workspace of a turn that uses a
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
    """Stores a new container and returns it. `fields` are the fields of the request. `file_ids` are the ids of the
    files whose copies are stored in the container.
    """
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
    """Raises Refusal if `file_ids` contains too many files, or a file that does not exist. `param` is the name of the
    field in error messages.
    """
    check_count(param, file_ids, MAX_FILES)
    for identifier in file_ids or ():
        try:
            files.find(call, identifier)
        except Refusal as error:
            raise Refusal(404, f"File with id '{identifier}' not found.", param=param) from error


def find(call: ApiRequest, identifier: str) -> dict[str, Any]:
    """Returns the container with the id `identifier`, with its present status. Raises Refusal with status 404 if the
    container does not exist.
    """
    try:
        container = CONTAINERS.find(call, identifier)
    except Refusal:
        raise Refusal(404, f"Container with id '{identifier}' not found.", param="container_id") from None
    if is_expired(container, call.second):
        container["status"] = "expired"
    return container


def is_expired(container: Mapping[str, Any], now: int) -> bool:
    """Returns whether the container has expired at the time `now`, in seconds since 1970. A container expires if it is
    not used for a certain time.
    """
    return bool(container["last_active_at"] + container["expires_after"]["minutes"] * 60 <= now)


def find_active(call: ApiRequest, identifier: str) -> dict[str, Any]:
    """Returns the container with the id `identifier`, and records the present time as its last use. Raises Refusal if
    the container does not exist or has expired.
    """
    container = find(call, identifier)
    if container["status"] == "expired":
        raise Refusal(400, f"Container with id '{identifier}' is expired.", code="container_expired")
    return CONTAINERS.keep(call, {**container, "last_active_at": call.second})


def put(call: ApiRequest, container_id: str, filename: str, data: bytes, source: str) -> str:
    """Stores a file in a container, and returns the file's id. Replaces a file with the same name. `source` says who
    made the file: `user` or `assistant`.
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
    """Gives a turn access to the files of its container. `container` is the id of a container, or the settings of an
    automatic container, which is created when the code interpreter uses it for the first time.

    `earlier` is the id of an automatic container that an earlier turn of the conversation has created; this container
    is then used again. If there is none, `earlier` is None.
    """

    def __init__(self, call: ApiRequest, container: str | Mapping[str, Any], earlier: str | None) -> None:
        self._call = call
        self._container = container
        self._id = container if isinstance(container, str) else earlier

    @property
    def container_id(self) -> str:
        """The id of the container. If an automatic container does not exist yet, it is created."""
        if self._id is None:
            assert not isinstance(self._container, str)
            self._id = add(self._call, self._container, self._container.get("file_ids", ()))["id"]
        return self._id

    def files(self) -> Mapping[str, bytes]:
        """Returns the contents of the container's files, keyed by file name."""
        if self._id is None and not (not isinstance(self._container, str) and self._container.get("file_ids")):
            return {}
        rows = self._call.database.rows(
            "SELECT path, data FROM container_files WHERE container_id = ? ORDER BY seq", self.container_id
        )
        return {row["path"].removeprefix(FOLDER): bytes(row["data"]) for row in rows}

    def keep(self, filename: str, data: bytes) -> str:
        """Stores in the container a file that the code interpreter has written. Returns the id of the file."""
        return put(self._call, self.container_id, filename, data, "assistant")
