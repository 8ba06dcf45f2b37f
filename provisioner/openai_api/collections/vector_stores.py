"""Vector stores and their members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from provisioner.core.errors import NotFound
from provisioner.core.objecttype import VECTOR_STORE
from provisioner.openai_api.collections.attaching import Attaching
from provisioner.openai_api.collections.collection import Field, Live, Member
from provisioner.openai_api.collections.paging import paginate
from provisioner.openai_api.collections.remote import PAGE, RemoteCollection
from provisioner.openai_api.http.answers import read_done, read_page, said_in, text_of
from provisioner.openai_api.http.decoding import printable
from provisioner.openai_api.http.session import Session

#: Files in one batch. The specification says 2,000, the guide 500.
BATCH = 500
#: What the field `object` says of a member; some servers show the file itself.
KINDS = frozenset({"vector_store.file", "file"})
#: Characters of a reason why indexing failed.
SHOWN = 1_000
#: Bytes up to which a server's counts are believed.
MOST_BYTES = 2**60


class StoreMembers:
    """`client.vector_stores.files` and `file_batches`."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._attaching = Attaching(session, self.list)

    def list(self, store: str) -> dict[str, Member]:
        """The members by file id. Raises NotFound where the store is not there."""
        pages = paginate(self.session, lambda client: _listing(client, store), KINDS, PAGE)
        return {member.file_id: member for page in pages for member in map(_member, page)}

    def attach(self, store: str, members: Sequence[Mapping[str, Any]]) -> None:
        """Starts indexing these members, in one call where the server takes them so.

        Attaching what is attached already changes nothing.
        """
        self._attaching.attach(store, members)

    def pending(self, store: str) -> set[str]:
        """The ids of files that are being indexed (the newest 100)."""
        page = self.session.read(
            lambda client: read_page(_listing(client, store)(filter="in_progress", limit=PAGE), KINDS, PAGE)
        )
        return {item["id"] for item in page.items if item.get("status") == "in_progress"}

    def describe(self, store: str, file_id: str, attributes: Mapping[str, Any]) -> None:
        """Replaces a member's attributes."""
        values: Any = dict(attributes)
        self.session.write(
            lambda client: read_done(_files(client).update(file_id, vector_store_id=store, attributes=values), file_id)
        )

    def detach(self, store: str, file_id: str) -> None:
        """Takes a file out; it stays a file. No error where it is out already."""
        try:
            self.session.write(lambda client: read_done(_files(client).delete(file_id, vector_store_id=store), file_id))
        except NotFound:
            return


class VectorStoreCollection(RemoteCollection):
    """`client.vector_stores`."""

    declared = VECTOR_STORE
    kinds = frozenset({"vector_store"})
    fields: ClassVar[Mapping[str, Field]] = {
        "name": Field(reset=""),
        "metadata": Field("keys"),
        "expires_after": Field(),
        "description": Field("create_only"),
        "files": Field("members"),
    }

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.members = StoreMembers(session)

    def resource(self, client: Any) -> Any:
        """`client.vector_stores`."""
        return client.vector_stores

    def configuration(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What can be set: the rest are counts and dates."""
        return {key: body.get(key) for key in ("name", "metadata", "expires_after")}

    def live(self, body: Mapping[str, Any]) -> Live:
        """The store that an answer shows, with the bytes that it takes up."""
        return replace(super().live(body), usage_bytes=_bytes(body.get("usage_bytes")))

    def complete(self, live: Live) -> Live:
        """The store with its members under `files`, by file id, as the API reads them back."""
        if self.members is None or live.status == "expired":
            return live
        return with_members(live, self.members.list(live.id))


def with_members(live: Live, members: Mapping[str, Member]) -> Live:
    """The store with these members under `files`; those that failed or were cancelled are none."""
    there = [member for member in members.values() if member.status not in ("failed", "cancelled")]
    files = {member.file_id: member_fields(member) for member in there}
    usage = {member.file_id: member.usage_bytes for member in there if member.usage_bytes is not None}
    pending = {member.file_id: member.created_at for member in there if member.status == "in_progress"}
    return replace(live, fields={**live.fields, "files": files}, member_bytes=usage, pending=pending)


def member_fields(member: Member) -> dict[str, Any]:
    """A member as an echo keeps it."""
    return {"attributes": dict(member.attributes), "chunking_strategy": member.chunking_strategy}


def _files(client: Any) -> Any:
    return client.vector_stores.files.with_raw_response


def _listing(client: Any, store: str) -> Any:
    return lambda **query: _files(client).list(store, **query)


def _member(body: Mapping[str, Any]) -> Member:
    chunking = body.get("chunking_strategy")
    return Member(
        file_id=body["id"],
        attributes=body.get("attributes") or {},
        chunking_strategy=dict(sorted(chunking.items())) if isinstance(chunking, dict) else None,
        status=text_of(body.get("status")),
        error=_error_in(body.get("last_error")),
        usage_bytes=_bytes(body.get("usage_bytes")),
        created_at=_bytes(body.get("created_at")) or 0,
    )


def _error_in(error: Any) -> str | None:
    """Why indexing failed, as servers say it; None where nothing is said."""
    if isinstance(error, dict) and error:
        said = f"{error.get('message', '')} ({error.get('code', 'unknown')})"
    else:
        said = next(iter(said_in(error)), "")
    return printable(said, SHOWN) or None


def _bytes(value: Any) -> int | None:
    """A count of bytes; None where a server leaves it out."""
    return value if isinstance(value, int) and 0 <= value <= MOST_BYTES else None
