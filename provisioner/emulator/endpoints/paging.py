"""Returns lists in pages, as OpenAI's API does. By default, the newest object is the first one. A cursor (`after`,
`before`) is the id of an object.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from provisioner.emulator.checks.limits import check_range, read_integer
from provisioner.emulator.messages.refusal import Refusal, unsupported_value
from provisioner.emulator.messages.request import ApiRequest
from provisioner.emulator.storage.database import Row


class Listing(Struct, frozen=True):
    """Describes the rows of a database table that a list endpoint can return. `table` has a column `seq`. `key` is the
    column that contains the ids of the objects; a cursor is such an id.

    `where` is the SQL condition that selects the rows, and `values` are its parameters. `scope` is a wider SQL
    condition with the parameters `scope_values`: the cursor may be the id of any row that meets this condition, even if
    the list does not contain this row. `default` and `maximum` are the default and the largest number of rows on a
    page.
    """

    table: str
    scope: str = "1"
    scope_values: tuple[Any, ...] = ()
    where: str = "1"
    values: tuple[Any, ...] = ()
    columns: str = "*"
    key: str = "id"
    default: int = 20
    maximum: int = 100


def page(call: ApiRequest, listing: Listing, render: Callable[[Row], dict[str, Any]]) -> dict[str, Any]:
    """Returns a page of the list `listing`. The query of the request selects the page. `render` converts a row to an
    object of the response.

    Raises Refusal if the limit is too small or too large, or if the order or the cursor is unknown.
    """
    limit = read_integer("limit", call.query.get("limit") or str(listing.default))
    check_range("limit", limit, 1, listing.maximum)
    order = call.query.get("order") or "desc"
    if order not in ("asc", "desc"):
        raise unsupported_value("order", order, ("asc", "desc"))
    after, before = _cursor(call, listing, "after"), _cursor(call, listing, "before")
    backwards = before is not None and after is None
    ascending = (order == "asc") != backwards
    bounds = []
    if after is not None:
        bounds.append(f"seq {'>' if order == 'asc' else '<'} {after}")
    if before is not None:
        bounds.append(f"seq {'<' if order == 'asc' else '>'} {before}")
    condition = " AND ".join([f"({listing.scope})", f"({listing.where})", *bounds])
    found = call.database.rows(
        f"SELECT {listing.columns} FROM {listing.table} WHERE {condition} "
        f"ORDER BY seq {'ASC' if ascending else 'DESC'} LIMIT {limit + 1}",
        *listing.scope_values,
        *listing.values,
    )
    kept = found[:limit][::-1] if backwards else found[:limit]
    data = [render(row) for row in kept]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": len(found) > limit,
    }


def _cursor(call: ApiRequest, listing: Listing, param: str) -> int | None:
    wanted = call.query.get(param)
    if not wanted:
        return None
    row = call.database.row(
        f"SELECT seq FROM {listing.table} WHERE {listing.scope} AND {listing.key} = ?", *listing.scope_values, wanted
    )
    if row is None:
        raise Refusal(400, f"Invalid '{param}': no object found with id '{wanted}'.", code="invalid_value", param=param)
    return int(row["seq"])
