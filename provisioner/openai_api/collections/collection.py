"""The protocol of a collection of objects, and how the fields of these objects are compared and changed. The engine
(the code that plans and applies) uses the API only through this protocol.
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


@dataclass(frozen=True, slots=True)
class Field:
    """How one field of an object is compared and changed.

    | mode        | compared                     | when it differs            | returned by the API |
    |-------------|------------------------------|----------------------------|---------------------|
    | value       | as a whole                   | update                     | yes                 |
    | keys        | key by key; others' are kept | update with all keys       | yes                 |
    | members     | file by file                 | attach, detach, attributes | yes                 |
    | create_only | as a whole                   | replace                    | perhaps             |
    | local       | never                        | nothing: it only explains  | no                  |
    | write_only  | by digest                    | update                     | never               |
    | versioned   | as a whole                   | a new version, in place    | never               |
    | pointer     | never desired                | update, to our version     | yes                 |
    | shown       | never desired                | drift is reported          | yes                 |

    `reset` is the value that an update sends if the field was set before and the manifest now omits it.
    """

    mode: Mode = "value"
    reset: Any = None


@dataclass(frozen=True, slots=True)
class Live:
    """An object as it is at OpenAI now. `fields` is its configuration in the API's format, without fields that change
    by themselves.

    `status` is the API's status, of which `expired` is the most important. `created_at` is in seconds since 1970.
    `usage_bytes` is the size of a vector store in bytes, and `member_bytes` the size of each of its files there, by
    file id, if the API returns these sizes. `pending` are the files that the vector store is still indexing, by file
    id, with the time when each was attached in seconds since 1970 (0: unknown). `versions` are the numbers of the
    object's versions; None if the object has no versions, or if they were not listed.
    """

    id: str
    fields: Mapping[str, Any]
    status: str | None = None
    created_at: int = 0
    usage_bytes: int | None = None
    member_bytes: Mapping[str, int] = field(default_factory=dict)
    pending: Mapping[str, int] = field(default_factory=dict)
    versions: frozenset[str] | None = None

    @property
    def metadata(self) -> Mapping[str, str]:
        """The object's metadata, including marks. Values that are not strings, which some servers store, are
        omitted.
        """
        found = self.fields.get("metadata") or {}
        return {key: value for key, value in found.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of an object, which says that provision made or adopted the object. `owner` is
    `PROJECT/ENVIRONMENT/ADDRESS`, `operation` is the id of the operation that made the object.

    `lineage` is the lineage of the state that owns the object; None if the mark has no place for it.
    """

    owner: str
    lineage: str | None
    operation: str

    def metadata(self) -> dict[str, str]:
        """Returns the two metadata keys of the mark, with their values."""
        return {OWNER_KEY: self.owner, LINEAGE_KEY: f"{self.lineage}/{self.operation}"}


@dataclass(frozen=True, slots=True)
class Draft:
    """An object that is to be created. `body` is the request body, in which ids replace all references. `mark` is the
    mark that the object gets.

    `path` is the path of the file that is uploaded. For a folder, `files` has the path of each file on this machine, by
    its path in the folder.
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
    """All objects of one type, and the requests for them. `remote` is False if the objects exist only in the state."""

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
        """How each field is compared and changed, by the name of the field. A field without an entry has the mode
        `value`.
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
        """Returns the object together with the fields that the API omits in answers to list requests."""
        ...

    def with_content(self, live: Live) -> Live:
        """Returns the object together with its content, which is needed if the object is adopted. The object is
        returned unchanged if the API does not return the content.
        """
        ...

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Returns whether the content of the object `live` is the content in `inputs`. None if the API does not return
        the content.
        """
        ...

    def create(self, draft: Draft) -> Live:
        """Creates the object of `draft` with one request, which is never repeated, and returns the object. Raises
        Ambiguous if the answer was lost.
        """
        ...

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Changes the fields in `body` and returns the object. The other fields keep their values."""
        ...

    def delete(self, id: str) -> None:
        """Deletes the object with the id `id`. Does nothing if the object does not exist."""
        ...


def field_of(fields: Mapping[str, Field], name: str) -> Field:
    """Returns the `Field` with the given name. For a name without an entry in `fields`, returns a Field with the mode
    `value`.
    """
    return fields.get(name, Field())
