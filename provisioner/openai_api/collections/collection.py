"""The protocol of a collection of objects, and how their fields behave. The engine knows nothing else of the API."""

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
    | members     | member by member             | attach, detach, attributes | yes                 |
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
    """An object as it is at OpenAI. `fields` is its configuration in the API's format, without volatile fields.

    `status` is the API's (`expired` is the important one), `created_at` is in seconds since 1970. `usage_bytes` is the
    size of a vector store, and `member_bytes` the size of each of its files there, by id, if the API returns them.
    `pending` are the files that are being indexed in it, by id, with the time when each was attached (0: unknown).
    `versions` are the numbers of its versions; None if it has none, or if they were not listed.
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
        """The object's metadata, including marks. Values that are not texts, which some servers store, are omitted."""
        found = self.fields.get("metadata") or {}
        return {key: value for key, value in found.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class Mark:
    """The owner of an object: `owner` is project/environment/address, `operation` the id of the operation that made it.

    `lineage` is the state's; None if the object has no place for it.
    """

    owner: str
    lineage: str | None
    operation: str

    def metadata(self) -> dict[str, str]:
        """Returns the mark as metadata."""
        return {OWNER_KEY: self.owner, LINEAGE_KEY: f"{self.lineage}/{self.operation}"}


@dataclass(frozen=True, slots=True)
class Draft:
    """An object to create: the body with ids filled in, its owner, and the places of its bytes.

    `path` is the path of a file's bytes, `files` are the paths of the files in a folder, by their paths in it.
    """

    body: Mapping[str, Any]
    mark: Mark
    path: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a vector store. Its keys are the API's; `error` is why indexing failed.

    `usage_bytes` is its size there, which is 0 until it is indexed. `created_at` is when it was attached, in seconds
    since 1970 (0: unknown).
    """

    file_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    chunking_strategy: Mapping[str, Any] | None = None
    status: str | None = "completed"
    error: str | None = None
    usage_bytes: int | None = None
    created_at: int = 0


class Members(Protocol):
    """The files of a vector store."""

    def list(self, store: str) -> dict[str, Member]:
        """Returns the members by file id."""
        ...

    def attach(self, store: str, members: Sequence[Mapping[str, Any]]) -> None:
        """Starts indexing up to `batch_size` members: {file_id, attributes, chunking_strategy}."""
        ...

    def pending(self, store: str) -> set[str]:
        """Returns the ids of files that are being indexed."""
        ...

    def describe(self, store: str, file_id: str, attributes: Mapping[str, Any]) -> None:
        """Replaces a member's attributes."""
        ...

    def detach(self, store: str, file_id: str) -> None:
        """Detaches a file, which still exists as a file. A file that is not attached is no error."""
        ...


class Collection(Protocol):
    """The objects of one type. `remote` is False for objects that are only in the state."""

    @property
    def declared(self) -> ObjectType:
        """The declaration of the type. Its `traits` distinguish objects that carry no mark."""
        ...

    @property
    def type(self) -> str:
        """The name of the type in records: `vector_store`."""
        ...

    @property
    def title(self) -> str:
        """The name of the type for people: `vector store`."""
        ...

    @property
    def remote(self) -> bool:
        """Whether the objects live at OpenAI."""
        ...

    @property
    def fields(self) -> Mapping[str, Field]:
        """How each field behaves. A field that is not in it is a plain value."""
        ...

    @property
    def members(self) -> Members | None:
        """The files in objects of this type, or None if the type has no files."""
        ...

    def pages(self) -> Iterator[Sequence[Live]]:
        """Yields all objects, newest first, a page at a time. Raises NotFound if the server has no such endpoint."""
        ...

    def retrieve(self, id: str) -> Live | None:
        """Returns the object, or None if it does not exist (404)."""
        ...

    def mark_of(self, live: Live) -> Mark | None:
        """Returns the mark of an object, with its owner and operation, or None if it carries no mark."""
        ...

    def complete(self, live: Live) -> Live:
        """Returns the object with the fields that lists omit."""
        ...

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Whether an object has the content that these inputs name; None where the API does not say."""
        ...

    def create(self, draft: Draft) -> Live:
        """Creates an object with one request that is not repeated. Raises Ambiguous if the answer was lost."""
        ...

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Sends these fields. The other fields keep their values."""
        ...

    def delete(self, id: str) -> None:
        """Deletes the object. A missing object is not an error."""
        ...


def field_of(fields: Mapping[str, Field], name: str) -> Field:
    """Returns how a field behaves. A field that is newer than this version is a plain value."""
    return fields.get(name, Field())
