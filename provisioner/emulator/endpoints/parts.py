"""Stores parts: objects that belong to another object, their owner. For example, items belong to a response or a
conversation.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from provisioner.emulator.endpoints.paging import Listing, page
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.database import Row, pack, unpack


class PartTable(Struct, frozen=True):
    """Gives access to the stored parts of one kind, for example the items of conversations. Each part has a field `id`,
    and belongs to one object, its owner. The methods get the id of the owner as `owner`.
    """

    kind: str

    def add(self, call: ApiRequest, owner: str, parts: Iterable[dict[str, Any]]) -> None:
        """Stores `parts` as the parts of the object with the id `owner`, and keeps their order. A part of this object
        with the same id is replaced. Must be called inside a transaction.
        """
        rows = [(part["id"], self.kind, owner, pack(part)) for part in parts]
        call.database.run_many("INSERT OR REPLACE INTO parts (id, kind, owner, body) VALUES (?, ?, ?, ?)", rows)

    def all(self, call: ApiRequest, owner: str) -> list[dict[str, Any]]:
        """Returns all parts of the object with the id `owner`, the oldest first."""
        rows = call.database.rows("SELECT body FROM parts WHERE owner = ? AND kind = ? ORDER BY seq", owner, self.kind)
        return [dict(unpack(row["body"])) for row in rows]

    def find(self, call: ApiRequest, owner: str, identifier: str) -> dict[str, Any] | None:
        """Returns the part with the id `identifier` that belongs to the object with the id `owner`. Returns None if
        there is no such part.
        """
        sql = "SELECT body FROM parts WHERE owner = ? AND kind = ? AND id = ?"
        return _read(call.database.row(sql, owner, self.kind, identifier))

    def keep(self, call: ApiRequest, owner: str, part: dict[str, Any]) -> None:
        """Replaces the part that has the same id as `part` and belongs to the object with the id `owner`. Must be
        called inside a transaction.
        """
        sql = "UPDATE parts SET body = ? WHERE owner = ? AND kind = ? AND id = ?"
        call.database.run(sql, pack(part), owner, self.kind, part["id"])

    def remove(self, call: ApiRequest, owner: str, identifier: str | None = None) -> None:
        """Deletes the part with the id `identifier` that belongs to the object with the id `owner`. If `identifier` is
        None, deletes all parts of this object. Must be called inside a transaction.
        """
        where = "owner = ? AND kind = ?" + ("" if identifier is None else " AND id = ?")
        values = (owner, self.kind) if identifier is None else (owner, self.kind, identifier)
        call.database.run(f"DELETE FROM parts WHERE {where}", *values)

    def list(self, call: ApiRequest, owner: str) -> dict[str, Any]:
        """Returns a page of the parts that belong to the object with the id `owner`. The query of the request selects
        the page.
        """
        listing = Listing("parts", "owner = ? AND kind = ?", (owner, self.kind), columns="body")
        return page(call, listing, lambda row: dict(unpack(row["body"])))


def find_anywhere(call: ApiRequest, identifier: str) -> dict[str, Any] | None:
    """Returns the part with the id `identifier`, whichever object it belongs to. A part is an object that belongs to
    another object, such as an item of a conversation. Returns None if there is no such part.
    """
    return _read(call.database.row("SELECT body FROM parts WHERE id = ?", identifier))


def _read(row: Row | None) -> dict[str, Any] | None:
    return None if row is None else dict(unpack(row["body"]))
