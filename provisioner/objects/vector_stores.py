"""Vector stores and their members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from provisioner.api.session import Session
from provisioner.errors import NotFound
from provisioner.objects.collection import Field, Live, Member
from provisioner.objects.remote import PAGE, RemoteCollection, paginate, to_body

#: Files in one batch. The specification says 2,000, the guide 500.
BATCH = 500


class StoreMembers:
    """`client.vector_stores.files` and `file_batches`."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def list(self, store: str) -> dict[str, Member]:
        """The members by file id."""
        pages = paginate(self.session, lambda client: _listing(client, store), PAGE)
        return {member.file_id: member for page in pages for member in map(_member, page)}

    def attach(self, store: str, members: Sequence[Mapping[str, Any]]) -> None:
        """Starts indexing these members, in one call. Attaching what is attached already changes nothing."""
        files: Any = [dict(member) for member in members]
        self.session.write(lambda client: client.vector_stores.file_batches.create(store, files=files))

    def pending(self, store: str) -> set[str]:
        """The ids of files that are being indexed (the newest 100)."""
        page = self.session.read(
            lambda client: client.vector_stores.files.list(store, filter="in_progress", limit=PAGE)
        )
        return {item.id for item in page.data if item.status == "in_progress"}

    def describe(self, store: str, file_id: str, attributes: Mapping[str, Any]) -> None:
        """Replaces a member's attributes."""
        values: Any = dict(attributes)
        self.session.write(
            lambda client: client.vector_stores.files.update(file_id, vector_store_id=store, attributes=values)
        )

    def detach(self, store: str, file_id: str) -> None:
        """Takes a file out; it stays a file. No error where it is out already."""
        try:
            self.session.write(lambda client: client.vector_stores.files.delete(file_id, vector_store_id=store))
        except NotFound:
            return


class VectorStoreCollection(RemoteCollection):
    """`client.vector_stores`."""

    type = "vector_store"
    title = "vector store"
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

    def live(self, answer: Any) -> Live:
        """The store that an answer shows, with the bytes that it takes up."""
        return replace(super().live(answer), usage_bytes=_bytes(getattr(answer, "usage_bytes", None)))

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
    return replace(live, fields={**live.fields, "files": files}, member_bytes=usage)


def member_fields(member: Member) -> dict[str, Any]:
    """A member as an echo keeps it."""
    return {"attributes": dict(member.attributes), "chunking_strategy": member.chunking_strategy}


def _listing(client: Any, store: str) -> Any:
    return lambda **query: client.vector_stores.files.list(store, **query)


def _member(answer: Any) -> Member:
    body = to_body(answer)
    error = body.get("last_error") or {}
    return Member(
        file_id=str(body["id"]),
        attributes=body.get("attributes") or {},
        chunking_strategy=body.get("chunking_strategy"),
        status=body.get("status"),
        error=f"{error.get('message', '')} ({error.get('code', 'unknown')})" if error else None,
        usage_bytes=_bytes(body.get("usage_bytes")),
    )


def _bytes(value: Any) -> int | None:
    """A count of bytes; None where a server leaves it out."""
    return value if isinstance(value, int) and value >= 0 else None
