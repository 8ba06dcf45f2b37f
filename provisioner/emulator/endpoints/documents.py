"""Stores objects in the JSON format of the API: assistants, agents, threads, runs, and others.

A stored object can contain fields whose names begin with `_`. Only the emulator uses such fields, and responses do not
contain them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.emulator.endpoints.paging import Listing, page
from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.database import pack, unpack
from provisioner.emulator.storage.identifiers import new_id

Render = Callable[[Mapping[str, Any]], dict[str, Any]]


class DocumentTable(Struct, frozen=True):
    """Gives access to the stored objects of one kind. `kind` is the value of the field `object` in these objects.
    `title` is the name of the kind in error messages. The objects' ids begin with `prefix`.

    Some objects belong to another object, their parent: a message belongs to a thread. If `parent` is the id of a
    parent, the table contains only the objects of this parent. `parent` is empty for objects without a parent.
    """

    kind: str
    prefix: str
    title: str
    parent: str = ""

    def under(self, parent: str) -> DocumentTable:
        """Returns the table with the objects of this kind whose parent has the id `parent`."""
        return replace(self, parent=parent)

    @property
    def scope(self) -> str:
        """The value of the database column `kind` for the objects of this table. The value contains the id of the
        parent, so that the database index finds the objects of one parent.
        """
        return f"{self.kind}/{self.parent}" if self.parent else self.kind

    def add(self, call: ApiRequest, fields: dict[str, Any]) -> dict[str, Any]:
        """Stores a new object and returns it. The object contains `fields`, an id, its kind and its creation time."""
        document = {"id": new_id(self.prefix), "object": self.kind, "created_at": call.second, **fields}
        with call.database.writing():
            call.database.run(
                "INSERT INTO documents (id, kind, body) VALUES (?, ?, ?)", document["id"], self.scope, pack(document)
            )
        return document

    def find(self, call: ApiRequest, identifier: str) -> dict[str, Any]:
        """Returns the object with the id `identifier`. Raises Refusal with status 404 if the object does not exist."""
        row = call.database.row("SELECT body FROM documents WHERE kind = ? AND id = ?", self.scope, identifier)
        if row is None:
            raise Refusal(404, f"No {self.title} found with id '{identifier}'.")
        document: dict[str, Any] = unpack(row["body"])
        return document

    def contains(self, call: ApiRequest, identifier: str) -> bool:
        """Returns whether an object with the id `identifier` is stored in this table."""
        row = call.database.row("SELECT 1 FROM documents WHERE kind = ? AND id = ?", self.scope, identifier)
        return row is not None

    def newest(self, call: ApiRequest) -> dict[str, Any] | None:
        """Returns the object that was stored last in this table. Returns None if the table is empty."""
        row = call.database.row("SELECT body FROM documents WHERE kind = ? ORDER BY seq DESC LIMIT 1", self.scope)
        return dict(unpack(row["body"])) if row else None

    def keep(self, call: ApiRequest, document: dict[str, Any]) -> dict[str, Any]:
        """Replaces the stored object that has the same id as `document`, and returns `document`. If there is no such
        object, nothing is stored.
        """
        with call.database.writing():
            call.database.run("UPDATE documents SET body = ? WHERE id = ?", pack(document), document["id"])
        return document

    def remove(self, call: ApiRequest, identifier: str) -> dict[str, Any]:
        """Deletes the object with the id `identifier`, and returns the body of the response to the request. Raises
        Refusal with status 404 if the object does not exist.
        """
        self.find(call, identifier)
        with call.database.writing():
            call.database.run("DELETE FROM documents WHERE id = ?", identifier)
        return {"id": identifier, "object": f"{self.kind}.deleted", "deleted": True}

    def all(self, call: ApiRequest, **fields: str) -> list[dict[str, Any]]:
        """Returns all objects of this table whose fields have the values in `fields`, the oldest first."""
        condition, values = self._condition(fields)
        rows = call.database.rows(f"SELECT body FROM documents WHERE {condition} ORDER BY seq", *values)
        return [dict(unpack(row["body"])) for row in rows]

    def parents(self, call: ApiRequest, *statuses: str) -> list[str]:
        """Returns the ids of all parents to which at least one object of this kind with a status in `statuses` belongs.
        For example, returns the ids of the threads with a run in progress.
        """
        # The index finds the values of `kind` that begin with the kind and a slash; `0` follows the slash in ASCII.
        marks = ", ".join("?" * len(statuses))
        rows = call.database.rows(
            f"SELECT DISTINCT kind FROM documents WHERE kind > ? AND kind < ? "
            f"AND json_extract(body, '$.status') IN ({marks})",
            f"{self.kind}/",
            f"{self.kind}0",
            *statuses,
        )
        return [str(row["kind"]).partition("/")[2] for row in rows]

    def remove_all(self, call: ApiRequest) -> None:
        """Deletes all objects of this table. Must be called inside a transaction."""
        call.database.run("DELETE FROM documents WHERE kind = ?", self.scope)

    def list(
        self, call: ApiRequest, render: Render | None = None, where: Mapping[str, str] | None = None, **fields: str
    ) -> dict[str, Any]:
        """Returns a page of the objects of this table. The query of the request `call` selects the page. `render`
        converts a stored object to an object of the response; if it is None, the function `public` is used.

        `fields` maps names of fields to values. `where` maps paths such as `agent.id` to values. Only objects with all
        these values are included.
        """
        shown = render or public
        listing = Listing("documents", *self._condition({**fields, **(where or {})}), columns="body")
        return page(call, listing, lambda row: shown(dict(unpack(row["body"]))))

    def _condition(self, fields: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
        """Returns an SQL condition and its parameters. The condition selects the objects of this table that have all
        values in `fields`. `fields` maps a path such as `agent.id` to a value.
        """
        paths = [value for name, text in fields.items() for value in (f"$.{name}", text)]
        return " AND ".join(["kind = ?", *["json_extract(body, ?) = ?"] * len(fields)]), (self.scope, *paths)


def public(document: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a copy of a stored object without the fields that only the emulator uses."""
    return {name: value for name, value in document.items() if not name.startswith("_")}
