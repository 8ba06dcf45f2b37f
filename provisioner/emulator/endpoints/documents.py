"""Stores objects in the form of the JSON that the API returns: assistants, agents, environment templates, skills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from provisioner.emulator.endpoints.paging import Listing, page
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.database import pack, unpack
from provisioner.emulator.storage.identifiers import new_id


@dataclass(frozen=True, slots=True)
class DocumentTable:
    """The stored objects of one kind. `kind` is the value of their field `object`, `title` is the kind's name in
    refusals, and the objects' ids begin with `prefix`.
    """

    kind: str
    prefix: str
    title: str

    def add(self, call: ApiRequest, fields: dict[str, Any]) -> dict[str, Any]:
        """Stores a new object with `fields`, an id, its kind and its creation time, and returns the object."""
        document = {"id": new_id(self.prefix), "object": self.kind, "created_at": call.second, **fields}
        with call.database.writing():
            call.database.run(
                "INSERT INTO documents (id, kind, body) VALUES (?, ?, ?)", document["id"], self.kind, pack(document)
            )
        return document

    def find(self, call: ApiRequest, identifier: str) -> dict[str, Any]:
        """Returns the object with the id `identifier`. Raises Refusal with status 404 if the object does not exist."""
        row = call.database.row("SELECT body FROM documents WHERE kind = ? AND id = ?", self.kind, identifier)
        if row is None:
            raise Refusal(404, f"No {self.title} found with id '{identifier}'.")
        document: dict[str, Any] = unpack(row["body"])
        return document

    def keep(self, call: ApiRequest, document: dict[str, Any]) -> dict[str, Any]:
        """Stores `document` in place of the object with the same id, and returns it."""
        with call.database.writing():
            call.database.run("UPDATE documents SET body = ? WHERE id = ?", pack(document), document["id"])
        return document

    def remove(self, call: ApiRequest, identifier: str) -> dict[str, Any]:
        """Deletes the object with the id `identifier` and returns the answer to the request. Raises Refusal with status
        404 if the object does not exist.
        """
        self.find(call, identifier)
        with call.database.writing():
            call.database.run("DELETE FROM documents WHERE id = ?", identifier)
        return {"id": identifier, "object": f"{self.kind}.deleted", "deleted": True}

    def all(self, call: ApiRequest, **fields: str) -> list[dict[str, Any]]:
        """Returns all stored objects of this table's kind whose fields have the values in `fields`, oldest first."""
        scope = ["kind = ?", *(f"json_extract(body, '$.{name}') = ?" for name in fields)]
        rows = call.database.rows(
            f"SELECT body FROM documents WHERE {' AND '.join(scope)} ORDER BY seq", self.kind, *fields.values()
        )
        return [dict(unpack(row["body"])) for row in rows]

    def list(self, call: ApiRequest, **fields: str) -> dict[str, Any]:
        """Returns a page of the stored objects of this table's kind whose fields have the values in `fields`. The query
        of the request `call` selects the page.
        """
        scope = ["kind = ?", *(f"json_extract(body, '$.{name}') = ?" for name in fields)]
        listing = Listing("documents", " AND ".join(scope), (self.kind, *fields.values()), columns="body")
        return page(call, listing, lambda row: dict(unpack(row["body"])))
