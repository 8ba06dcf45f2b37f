"""Defines the collection of vector stores, and access to the files in vector stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from msgspec.structs import replace

from provisioner.core.errors import NotFound
from provisioner.core.objecttype import VECTOR_STORE
from provisioner.openai_api.collections.attaching import Attaching
from provisioner.openai_api.collections.collection import UNINDEXED, Field, Live, Member
from provisioner.openai_api.collections.paging import paginate
from provisioner.openai_api.collections.remote import PAGE, RemoteCollection
from provisioner.openai_api.http.answers import error_messages_in, read_done, read_json, read_page, text_of
from provisioner.openai_api.http.decoding import printable
from provisioner.openai_api.http.paths import join_path
from provisioner.openai_api.http.session import Session
from provisioner.state.member_summary import summarize

#: The most files in one batch. OpenAI's specification allows 2,000, and its guide 500.
BATCH = 500
#: Values of the field `object` for the files in a vector store. Some servers return the uploaded file instead.
KINDS = frozenset({"vector_store.file", "file"})
#: The most characters that are kept of the reason why indexing failed.
SHOWN = 1_000
#: The largest accepted size in a server's answer, in bytes.
MOST_BYTES = 2**60


#: The chunking strategy that most files have, because it is OpenAI's default.
USUAL_CHUNKING = {"static": {"chunk_overlap_tokens": 400, "max_chunk_size_tokens": 800}, "type": "static"}


class StoreMembers:
    """Gives access to the files in vector stores at `/vector_stores/ID/files` and
    `/vector_stores/ID/file_batches`.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self._attaching = Attaching(session, self.list)

    def list(self, store: str) -> dict[str, Member]:
        """Returns the files in the vector store with the id `store`, keyed by file id. Raises NotFound if the vector
        store does not exist.
        """
        pages = paginate(self.session, _files(store), KINDS, PAGE)
        return {member.file_id: member for page in pages for member in map(_member, page)}

    def attach(self, store: str, members: Sequence[Mapping[str, Any]]) -> None:
        """Attaches the files `members` to the vector store with the id `store`. The vector store then starts to index
        the files. All files are attached with one request if the server accepts such a request. A file that is already
        attached does not change.
        """
        self._attaching.attach(store, members)

    def pending(self, store: str) -> set[str]:
        """Returns the ids of the files that the vector store is still indexing. At most the newest 100 of these files
        are returned.
        """
        page = self.session.read(
            lambda client: read_page(client.get(_files(store), {"filter": "in_progress", "limit": PAGE}), KINDS, PAGE)
        )
        return {item["id"] for item in page.items if item.get("status") == "in_progress"}

    def text(self, store: str, file_id: str) -> str | None:
        """Returns the text that a vector store has extracted from a file. `store` and `file_id` are the ids of the
        vector store and of the file. Returns None if there is no such text, or if the server returns only a part of it.
        Raises ApiError if the request fails.
        """
        body = self.session.read(lambda client: read_json(client.get(_files(store, file_id, "content"))))
        parts = body.get("data") if isinstance(body, dict) else None
        if not isinstance(parts, list) or not parts or body.get("has_more"):
            return None
        return "".join(text_of(part.get("text")) or "" for part in parts if isinstance(part, dict))

    def describe(self, store: str, file_id: str, attributes: Mapping[str, Any]) -> None:
        """Replaces all attributes of the file with the id `file_id` in the vector store with the id `store`.
        `attributes` are the new attributes.
        """
        self.session.write(
            lambda client: read_done(client.post(_files(store, file_id), {"attributes": dict(attributes)}), file_id)
        )

    def detach(self, store: str, file_id: str) -> None:
        """Detaches the file with the id `file_id` from the vector store with the id `store`. The uploaded file itself
        is not deleted. Does nothing if the file is not attached.
        """
        try:
            self.session.write(lambda client: read_done(client.delete(_files(store, file_id)), file_id))
        except NotFound:
            return


class VectorStoreCollection(RemoteCollection):
    """Gives access to the vector stores at OpenAI at `/vector_stores`."""

    path = "/vector_stores"
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

    def configuration(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the fields of a vector store that an update can change: name, metadata and `expires_after`. `body` is
        the JSON object of a response.
        """
        return {key: body.get(key) for key in ("name", "metadata", "expires_after")}

    def live(self, body: Mapping[str, Any]) -> Live:
        """Returns the vector store that a response describes, with its size in bytes and the summary of its files
        (their number and size). `body` is the JSON object of the response.
        """
        return replace(super().live(body), usage_bytes=_bytes(body.get("usage_bytes")), summary=summarize(body))

    def complete(self, live: Live) -> Live:
        """Returns the vector store `live` with the field `files` added. This field contains the files in the vector
        store, keyed by file id, in the API's format. Files that could not be indexed are in the attribute `failed`
        instead. An expired vector store is returned unchanged.
        """
        if self.members is None or live.status == "expired":
            return live
        return with_members(live, self.members.list(live.id))


def with_members(live: Live, members: Mapping[str, Member]) -> Live:
    """Returns the vector store `live` with the field `files` added. This field contains the files in `members`, except
    files whose indexing failed or was cancelled. The attribute `failed` of the result contains those files.
    """
    failed = {member.file_id: dict(member.attributes) for member in members.values() if member.status in UNINDEXED}
    there = [member for member in members.values() if member.file_id not in failed]
    files = {member.file_id: member_fields(member) for member in there}
    usage = {member.file_id: member.usage_bytes for member in there if member.usage_bytes is not None}
    pending = {member.file_id: member.created_at for member in there if member.status == "in_progress"}
    return replace(live, fields={**live.fields, "files": files}, member_bytes=usage, pending=pending, failed=failed)


def member_fields(member: Member) -> dict[str, Any]:
    """Returns the attributes and the chunking strategy of a file in a vector store, in the format in which the state
    stores them.
    """
    return {"attributes": dict(member.attributes), "chunking_strategy": member.chunking_strategy}


def _files(store: str, *parts: str) -> str:
    """Returns the path of the requests about the files in a vector store: `/vector_stores/ID/files`, followed by
    `parts`. `store` is the id of the vector store.
    """
    return join_path("vector_stores", store, "files", *parts)


def _member(body: Mapping[str, Any]) -> Member:
    chunking = body.get("chunking_strategy")
    if chunking == USUAL_CHUNKING:
        chunking = USUAL_CHUNKING  # one object for all files
    else:
        chunking = dict(sorted(chunking.items())) if isinstance(chunking, dict) else None
    return Member(
        file_id=body["id"],
        attributes=body.get("attributes") or {},
        chunking_strategy=chunking,
        status=text_of(body.get("status")),
        error=_error_in(body.get("last_error")),
        usage_bytes=_bytes(body.get("usage_bytes")),
        created_at=_bytes(body.get("created_at")) or 0,
    )


def _error_in(error: Any) -> str | None:
    """Returns the reason why indexing failed. `error` is a field of a response, in the format of any of several
    servers. Returns None if `error` contains no reason.
    """
    if not error:
        return None
    if isinstance(error, dict):
        said = f"{error.get('message', '')} ({error.get('code', 'unknown')})"
    else:
        said = next(iter(error_messages_in(error)), "")
    return printable(said, SHOWN) or None


def _bytes(value: Any) -> int | None:
    """Returns `value` if it is an integer from 0 to MOST_BYTES. Otherwise returns None."""
    return value if isinstance(value, int) and 0 <= value <= MOST_BYTES else None
