"""Reads a list of objects from the API, one page after another. Raises an error if a list does not end."""

from __future__ import annotations

import re
import time
from collections.abc import Container, Iterator
from typing import Any

from provisioner.core.errors import ApiError, ListCut, NotFound
from provisioner.openai_api.http.answers import read_page
from provisioner.openai_api.http.session import Session

#: The most pages that are read of one list.
MOST_PAGES = 5_000
#: The most bytes of all pages of one list, because callers keep the pages in memory. A list of a million files takes
#: about 250 MB.
MOST_BYTES = 512 * 1024 * 1024
#: The time limit of a list: this multiple of the time limit of one call, and at least this number of seconds.
LIST_TIMEOUTS, SHORTEST_LIST = 10, 60.0
#: The number of objects at the end of a page from which the next page can be requested. If the last object was deleted
#: in the meantime, the object before it is used as the cursor.
CURSORS = 3
#: Matches the message of a 404 with which some servers say that they have the endpoint but no objects.
EMPTY = re.compile(
    r"(?!.*\b(route|url|endpoint|path|page|handler|resource)\b)"
    r"(.*\bno \w[\w ]* found\b|\w[\w ]*s (were )?not found\b|.*\bempty\b)",
    re.IGNORECASE,
)
AGAIN = "run the command again; nothing was forgotten because of this"


def paginate(session: Session, path: str, kinds: Container[str], limit: int) -> Iterator[list[dict[str, Any]]]:
    """Yields the pages of a list, the newest objects first. An object that occurs on several pages is yielded only
    once. The list ends with the last page, an empty page, or a page without new objects.

    `path` is the path of the list, such as `/files`. `kinds` are the accepted values of the field `object`. `limit` is
    the number of objects on a page.

    Raises NotFound if the first page is not found. If the message of the 404 says that there are no objects (EMPTY),
    yields nothing instead. Raises ListCut if a later page is not found. Raises ApiError if the list exceeds a limit on
    time, pages or bytes.
    """
    end = time.monotonic() + max(SHORTEST_LIST, LIST_TIMEOUTS * session.timeout)
    seen: set[str] = set()
    cursors: list[str] = []
    size = 0
    for _ in range(MOST_PAGES):
        if time.monotonic() >= end:
            raise ApiError(f"a list did not end within {max(SHORTEST_LIST, LIST_TIMEOUTS * session.timeout):.0f} s")
        try:
            page = _read_page(session, path, kinds, limit, cursors)
        except NotFound as error:
            if EMPTY.match(error.message):
                return
            raise
        size += page.size
        if size > MOST_BYTES:
            hint = "the server seems to page without end"
            raise ApiError(f"a list is longer than {MOST_BYTES // 1024 // 1024} MiB in all", hint=hint)
        items = [item for item in page.items if item["id"] not in seen]
        if items:
            unseen = {item["id"]: item for item in items}
            seen |= unseen.keys()
            yield list(unseen.values())
        if not items or not page.more:
            return
        cursors = [item["id"] for item in page.items[: -CURSORS - 1 : -1]]
    raise ApiError(f"a list did not end within {MOST_PAGES:,} pages", hint="the server seems to page without end")


def _read_page(
    session: Session,
    path: str,
    kinds: Container[str],
    limit: int,
    cursors: list[str],
) -> Any:
    """Returns the first page of a list if `cursors` is empty. Otherwise returns the page after the object whose id is
    the first one in `cursors`. If this object no longer exists, the next id is used. `path` is the path of the list,
    `kinds` are the accepted values of the field `object`, and `limit` is the number of objects on a page.
    """
    missing: NotFound | None = None
    for cursor in cursors or [""]:
        after = {"after": cursor} if cursor else {}
        try:
            return session.read(
                lambda client, after=after: read_page(  # type: ignore[misc]
                    client.get(path, {"limit": limit, "order": "desc", **after}), kinds, limit
                )
            )
        except NotFound as error:
            missing = error
    assert missing is not None
    if cursors:
        message = f"a list ended before its last page: {missing.message}"
        raise ListCut(message, status=404, hint=AGAIN) from missing
    raise missing
