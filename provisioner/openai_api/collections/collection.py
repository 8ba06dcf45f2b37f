"""The protocol of a collection of objects, and the way in which the fields of these objects are compared and changed.
The engine (the code that plans and applies) uses the API only through this protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from provisioner.core.objecttype import ObjectType

Mode = Literal["value", "keys", "members", "create_only", "local", "write_only", "versioned", "pointer", "shown"]

#: The metadata keys of a mark, which names an object's owner. Both keys begin with
#: `provisioner.planning.plan.MARK_PREFIX`.
OWNER_KEY = "provision_owner"
LINEAGE_KEY = "provision_lineage"
MARK_KEYS = (OWNER_KEY, LINEAGE_KEY)
#: The statuses of files that a vector store could not index.
UNINDEXED = ("failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Field:
    """Says how one field of an object is compared and changed. `mode` is one of these values:

    `value`: The field is compared as a whole, and a difference causes an update.

    `keys`: The field is compared key by key, and a difference causes an update with all keys. The keys of others are
    kept.

    `members`: The field is compared file by file. Files are attached, detached, or get new attributes.

    `create_only`: The field is compared as a whole, and a difference replaces the object. The API may not return the
    field.

    `local`: The field is never compared and never sent. It only explains the object in the state.

    `write_only`: The field is compared by its digest, and a difference causes an update. The API never returns the
    field.

    `versioned`: The field is compared as a whole, and a difference creates a new version of the same object. The API
    never returns the field.

    `pointer`: Manifests do not set the field. If it differs, an update sets it to the version of provision.

    `shown`: Manifests do not set the field. If it differs, the drift is reported.

    `reset` is the value that an update sends if the manifest does not set the field and it was set before.
    """

    mode: Mode = "value"
    reset: Any = None


@dataclass(frozen=True, slots=True)
class Live:
    """An object as it is at OpenAI now. `fields` is its configuration in the API's format, without fields that change
    by themselves.

    `status` is the API's status, for example `expired`. `created_at` is in seconds since 1970. `usage_bytes` is the
    size of a vector store in bytes. `member_bytes` has the size of each file in the vector store, by file id, if the
    API returns these sizes. `pending` are the files that the vector store is still indexing: for each file id, the time
    when the file was attached, in seconds since 1970 (0: unknown). `failed` are the files that the vector store could
    not index, with their attributes by file id; `fields` does not contain them. `versions` are the numbers of the
    object's versions. It is None if the object has no versions, or if they were not listed.
    """

    id: str
    fields: Mapping[str, Any]
    status: str | None = None
    created_at: int = 0
    usage_bytes: int | None = None
    member_bytes: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    versions: frozenset[str] | None = None

    @property
    def metadata(self) -> Mapping[str, str]:
        """The object's metadata, including marks. Some servers store values that are not strings. Such values are
        omitted.
        """
        found = self.fields.get("metadata") or {}
        return {key: value for key, value in found.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of an object. It says that provision made or adopted the object. `owner` is
    `PROJECT/ENVIRONMENT/ADDRESS`, and `operation` is the id of the operation that made the object.

    `lineage` is the lineage of the state that owns the object. It is None if the mark has no place for a lineage.
    """

    owner: str
    lineage: str | None
    operation: str

    def metadata(self) -> dict[str, str]:
        """Returns the two metadata keys of the mark, with their values."""
        return {OWNER_KEY: self.owner, LINEAGE_KEY: f"{self.lineage}/{self.operation}"}


@dataclass(frozen=True, slots=True)
class Draft:
    """An object that is to be created. `body` is the request body. It has ids in place of references. `mark` is the
    mark that the object gets.

    `path` is the path of the file to upload. For a folder, `files` has the path of each file on this machine, by its
    path in the folder.
    """

    body: Mapping[str, Any]
    mark: Mark
    path: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a vector store. Its fields are named as in the API; `error` says why indexing failed.

    `usage_bytes` is the size of the file in the vector store, which is 0 until the file is indexed. `created_at` is the
    time when the file was attached, in seconds since 1970 (0: unknown).
    """

    file_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    chunking_strategy: Mapping[str, Any] | None = None
    status: str | None = "completed"
    error: str | None = None
    usage_bytes: int | None = None
    created_at: int = 0


class Members(Protocol):
    """Access to the files of the vector stores."""

    def list(self, store: str) -> dict[str, Member]:
        """Returns the files of the vector store with the id `store`, by file id."""
        ...

    def attach(self, store: str, members: Sequence[Mapping[str, Any]]) -> None:
        """Attaches files to the vector store with the id `store`, which starts to index them. Each item of `members`
        has the keys `file_id`, `attributes` and `chunking_strategy`.

        There may be at most as many items as one batch can have.
        """
        ...

    def pending(self, store: str) -> set[str]:
        """Returns the ids of the files that the vector store is still indexing."""
        ...

    def text(self, store: str, file_id: str) -> str | None:
        """Returns the text that the vector store has extracted from a file. Returns None if there is no such text, or
        if the server does not return all of it.
        """
        ...

    def describe(self, store: str, file_id: str, attributes: Mapping[str, Any]) -> None:
        """Replaces the attributes of a file in the vector store."""
        ...

    def detach(self, store: str, file_id: str) -> None:
        """Detaches a file from the vector store; the uploaded file itself is not deleted. Does nothing if the file is
        not attached.
        """
        ...


class Collection(Protocol):
    """All objects of one type, and the requests for them. If the objects exist only in the state, `remote` is False."""

    @property
    def declared(self) -> ObjectType:
        """The declaration of the type. Its `traits` are the fields by which objects without a mark are recognised."""
        ...

    @property
    def type(self) -> str:
        """The name of the type in records, such as `vector_store`."""
        ...

    @property
    def title(self) -> str:
        """The name of the type for people, such as `vector store`."""
        ...

    @property
    def remote(self) -> bool:
        """Whether the objects exist at OpenAI. False if they exist only in the state."""
        ...

    @property
    def fields(self) -> Mapping[str, Field]:
        """The `Field` of each field by the field's name. It says how the field is compared and changed. A field without
        an entry has the mode `value`.
        """
        ...

    @property
    def members(self) -> Members | None:
        """Access to the files that objects of this type contain, or None if they contain no files."""
        ...

    def pages(self) -> Iterator[Sequence[Live]]:
        """Yields all objects in pages, the newest objects first. Raises NotFound if the server has no endpoint for this
        type.
        """
        ...

    def retrieve(self, id: str) -> Live | None:
        """Returns the object with the id `id`, or None if the object does not exist (404)."""
        ...

    def mark_of(self, live: Live) -> Mark | None:
        """Returns the mark of an object, or None if the object has no mark."""
        ...

    def complete(self, live: Live) -> Live:
        """Returns the object with all its fields. The response to a list request may omit some of them."""
        ...

    def with_content(self, live: Live) -> Live:
        """Returns the object together with its content. An adopted object needs its content. If the API does not return
        the content, the object is returned unchanged.
        """
        ...

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Returns whether the content of the object `live` is the content in `inputs`. Returns None if the API does not
        return the content.
        """
        ...

    def create(self, draft: Draft) -> Live:
        """Creates the object of `draft` with one request, which is never repeated, and returns the object. Raises
        Ambiguous if the response was lost.
        """
        ...

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Changes the fields in `body` and returns the object. The other fields keep their values."""
        ...

    def delete(self, id: str) -> None:
        """Deletes the object with the id `id`. Does nothing if the object does not exist."""
        ...


def field_of(fields: Mapping[str, Field], name: str) -> Field:
    """Returns the `Field` with the given name. If `fields` has no such name, returns a Field with the mode `value`."""
    return fields.get(name, Field())
