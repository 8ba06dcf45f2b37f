"""The protocol of a collection of objects, and how the fields of these objects behave. The engine uses the API only
through this protocol.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from provisioner.core.objecttype import ObjectType

Mode = Literal["value", "keys", "members", "create_only", "local", "write_only", "versioned", "pointer", "shown"]

#: The metadata keys of a mark, which names an object's owner. They begin with `provisioner.planning.plan.MARK_PREFIX`.
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

    `reset` is the value to send when a field that was set before is omitted now.
    """

    mode: Mode = "value"
    reset: Any = None


@dataclass(frozen=True, slots=True)
class Live:
    """An object as it is at OpenAI now. `fields` is its configuration in the API's format, without fields that change
    by themselves.

    `status` is the API's (`expired` is the important one), `created_at` is in seconds since 1970. `usage_bytes` is the
    size of a vector store in bytes, and `member_bytes` the size of each of its files there, by file id, if the API
    returns them. `pending` are the files that the vector store is still indexing, by file id, with the time when each
    was attached in seconds since 1970 (0: unknown). `versions` are the numbers of the object's versions; None if it has
    none, or if they were not listed.
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
        """The object's metadata, including marks. Some servers store values that are not strings; these are omitted."""
        found = self.fields.get("metadata") or {}
        return {key: value for key, value in found.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark of an object, which says that provision made it. `owner` is `PROJECT/ENVIRONMENT/ADDRESS`, `operation`
    is the id of the operation that made the object.

    `lineage` is the lineage of the state that owns the object; None if the mark has no place for it.
    """

    owner: str
    lineage: str | None
    operation: str

    def metadata(self) -> dict[str, str]:
        """Returns the keys and values of metadata that contain the mark."""
        return {OWNER_KEY: self.owner, LINEAGE_KEY: f"{self.lineage}/{self.operation}"}


@dataclass(frozen=True, slots=True)
class Draft:
    """An object that is to be created. `body` is the request body with ids filled in, and `mark` is the mark that the
    object gets.

    `path` is the path of the file that is uploaded. For a folder, `files` has the path of each file, by its path in the
    folder.
    """

    body: Mapping[str, Any]
    mark: Mark
    path: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a vector store. Its fields are named as in the API; `error` says why indexing failed.

    `usage_bytes` is its size in the vector store, which is 0 until it is indexed. `created_at` is the time when it was
    attached, in seconds since 1970 (0: unknown).
    """

    file_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    chunking_strategy: Mapping[str, Any] | None = None
    status: str | None = "completed"
    error: str | None = None
    usage_bytes: int | None = None
    created_at: int = 0


class Members(Protocol):
    """The files of the vector stores."""

    def list(self, store: str) -> dict[str, Member]:
        """Returns the files of the vector store with the id `store`, by file id."""
        ...

    def attach(self, store: str, members: Sequence[Mapping[str, Any]]) -> None:
        """Attaches up to `batch_size` files, which the vector store starts to index. Each item of `members` has the
        keys `file_id`, `attributes` and `chunking_strategy`.
        """
        ...

    def pending(self, store: str) -> set[str]:
        """Returns the ids of the files that the vector store is still indexing."""
        ...

    def text(self, store: str, file_id: str) -> str | None:
        """Returns the text that the vector store has extracted from a file; None if it has none, or does not return
        all of it.
        """
        ...

    def describe(self, store: str, file_id: str, attributes: Mapping[str, Any]) -> None:
        """Replaces the attributes of a file in the vector store."""
        ...

    def detach(self, store: str, file_id: str) -> None:
        """Detaches a file from the vector store; the uploaded file itself is not deleted. A file that is not attached
        is no error.
        """
        ...


class Collection(Protocol):
    """All objects of one type. `remote` is False if the objects exist only in the state."""

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
        """Whether the objects exist at OpenAI, and not only in the state."""
        ...

    @property
    def fields(self) -> Mapping[str, Field]:
        """How each field behaves, by its name. A field that is not listed behaves as a plain value."""
        ...

    @property
    def members(self) -> Members | None:
        """Access to the files that objects of this type contain, or None if they contain no files."""
        ...

    def pages(self) -> Iterator[Sequence[Live]]:
        """Yields all objects, newest first, a page at a time. Raises NotFound if the server has no such endpoint."""
        ...

    def retrieve(self, id: str) -> Live | None:
        """Returns the object, or None if it does not exist (404)."""
        ...

    def mark_of(self, live: Live) -> Mark | None:
        """Returns the mark of an object, or None if the object carries no mark."""
        ...

    def complete(self, live: Live) -> Live:
        """Returns the object, together with the fields that the answers to list requests omit."""
        ...

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Returns whether the content of an object is the content in `inputs`; None if the API does not give the
        content back.
        """
        ...

    def create(self, draft: Draft) -> Live:
        """Creates the object of `draft` with one request, which is never repeated. Raises Ambiguous if the answer was
        lost.
        """
        ...

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Changes the fields in `body`. The other fields keep their values."""
        ...

    def delete(self, id: str) -> None:
        """Deletes the object. A missing object is not an error."""
        ...


def field_of(fields: Mapping[str, Field], name: str) -> Field:
    """Returns how the field with this name behaves. A field that this version does not know behaves as a plain
    value.
    """
    return fields.get(name, Field())
