"""Defines the endpoints for containers and their files."""

from __future__ import annotations

from typing import Any

from provisioner.emulator.checks.body_check import check_body
from provisioner.emulator.checks.limits import check_range
from provisioner.emulator.endpoints import files
from provisioner.emulator.endpoints.paging import Listing, page
from provisioner.emulator.endpoints.responses.containers import (
    CONTAINERS,
    add,
    check_files,
    find,
    find_active,
    is_expired,
    put,
    render_file,
)
from provisioner.emulator.messages.refusal import Refusal, missing_parameter, unknown_parameter
from provisioner.emulator.messages.request import ApiRequest, Content, Reply, Upload, takes_form, too_large
from provisioner.emulator.storage.database import Row, unpack

COLUMNS = "seq, id, container_id, path, created_at, source, length(data) AS bytes"


def create(call: ApiRequest) -> Reply:
    """Handles `POST /containers`: creates a container and returns it."""
    body = check_body(call.body, "ContainerCreateParams")
    minutes = body.get("expires_after", {}).get("minutes")
    check_range("expires_after.minutes", minutes, 1, 20)
    check_files(call, body.get("file_ids"), "file_ids")
    return add(call, body, body.get("file_ids", ()))


def list_all(call: ApiRequest) -> Reply:
    """Handles `GET /containers`: returns a page of the containers."""
    name = call.query.get("name")
    where, values = ("json_extract(body, '$.name') = ?", (name,)) if name else ("1", ())

    def render(row: Row) -> dict[str, Any]:
        container = dict(unpack(row["body"]))
        return {**container, "status": "expired"} if is_expired(container, call.second) else container

    return page(call, Listing("documents", "kind = ?", ("container",), where, values, columns="body"), render)


def retrieve(call: ApiRequest) -> Reply:
    """Handles `GET /containers/{container_id}`: returns the container."""
    return find(call, call.ids["container_id"])


def delete(call: ApiRequest) -> Reply:
    """Handles `DELETE /containers/{container_id}`: deletes the container and its files."""
    identifier = find(call, call.ids["container_id"])["id"]
    with call.database.writing():
        call.database.run("DELETE FROM container_files WHERE container_id = ?", identifier)
    return CONTAINERS.remove(call, identifier)


@takes_form(files.MAX_BYTES, or_json=True)
def create_file(call: ApiRequest) -> Reply:
    """Handles `POST /containers/{container_id}/files`: stores a file in the container and returns the file object. The
    file is either uploaded, or a copy of the file `file_id`.
    """
    container = find_active(call, call.ids["container_id"])
    form: dict[str, Any] = call.body if isinstance(call.body, dict) else {}
    for name in form:
        if name not in ("file", "file_id"):
            raise unknown_parameter(name)
    upload, file_id = form.get("file"), form.get("file_id")
    if isinstance(file_id, str):
        check_files(call, [file_id], "file_id")
        name, data = files.find(call, file_id)["filename"], files.read(call, file_id)
    elif isinstance(upload, Upload):
        name, data = upload.filename, upload.data
    else:
        raise missing_parameter("file")
    if len(data) > files.MAX_BYTES:
        raise too_large(files.MAX_BYTES, "file")
    return render_file(_find_file(call, container["id"], put(call, container["id"], name, data, "user")))


def list_files(call: ApiRequest) -> Reply:
    """Handles `GET /containers/{container_id}/files`: returns a page of the container's files."""
    container = find_active(call, call.ids["container_id"])
    listing = Listing("container_files", "container_id = ?", (container["id"],), columns=COLUMNS)
    return page(call, listing, render_file)


def retrieve_file(call: ApiRequest) -> Reply:
    """Handles `GET /containers/{container_id}/files/{file_id}`: returns the file object."""
    return render_file(_called(call))


def delete_file(call: ApiRequest) -> Reply:
    """Handles `DELETE /containers/{container_id}/files/{file_id}`: deletes the file."""
    file = _called(call)
    with call.database.writing():
        call.database.run("DELETE FROM container_files WHERE id = ?", file["id"])
    return {"id": file["id"], "object": "container.file.deleted", "deleted": True}


def download_file(call: ApiRequest) -> Reply:
    """Handles `GET /containers/{container_id}/files/{file_id}/content`: returns the bytes of the file."""
    file = _called(call)
    row = call.database.rows("SELECT data FROM container_files WHERE id = ?", file["id"])[0]
    return Content(bytes(row["data"]))


def _called(call: ApiRequest) -> Row:
    container = find_active(call, call.ids["container_id"])
    return _find_file(call, container["id"], call.ids["file_id"])


def _find_file(call: ApiRequest, container_id: str, identifier: str) -> Row:
    row = call.database.row(
        f"SELECT {COLUMNS} FROM container_files WHERE container_id = ? AND id = ?", container_id, identifier
    )
    if row is None:
        raise Refusal(404, f"Container file with id '{identifier}' not found.", param="file_id")
    return row
