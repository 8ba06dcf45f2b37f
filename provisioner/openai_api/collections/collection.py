"""What a collection of objects can do, and how their fields behave. The engine knows no more of the API than this."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

from provisioner.core.objecttype import ObjectType

Mode = Literal["value", "keys", "members", "create_only", "local", "write_only", "versioned", "pointer", "shown"]

#: The metadata keys that say whose an object is; they begin with `provisioner.planning.plan.MARK_PREFIX`.
OWNER_KEY = "provision_owner"
LINEAGE_KEY = "provision_lineage"
MARK_KEYS = (OWNER_KEY, LINEAGE_KEY)


@dataclass(frozen=True, slots=True)
class Field:
    """How one field of an object changes.

    | mode        | difference                   | when it differs            | read back |
    |-------------|------------------------------|----------------------------|-----------|
    | value       | as a whole                   | update                     | yes       |
    | keys        | key by key; others' are kept | update with all keys       | yes       |
    | members     | member by member             | attach, detach, attributes | yes       |
    | create_only | as a whole                   | replace                    | perhaps   |
    | local       | never                        | nothing: it explains       | no        |
    | write_only  | by digest                    | update                     | never     |
    | versioned   | as a whole                   | a new version, in place    | never     |
    | pointer     | never desired                | update, to our version     | yes       |
    | shown       | never desired                | drift is shown             | yes       |

    `reset` is what to send when a field that was set is left out again.
    """

    mode: Mode = "value"
    reset: Any = None


@dataclass(frozen=True, slots=True)
class Live:
    """An object as it is at OpenAI. `fields` is its configuration in the API's own words, nothing volatile.

    `status` is the API's (`expired` is the one that matters), `created_at` is in seconds since 1970. `usage_bytes` is
    what a vector store takes up, and `member_bytes` what each of its files does, by id, where the API says so.
    `pending` are the files in it that are being indexed, by id, with the time when each was attached (0: unknown).
    `versions` are the numbers of its versions; None where it has none, or where they were not listed.
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
        """The object's metadata, marks included; values that are no texts, as some servers keep them, left out."""
        found = self.fields.get("metadata") or {}
        return {key: value for key, value in found.items() if isinstance(value, str)}


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose an object is: `owner` is project/environment/address, `operation` the id of the one that makes it.

    `lineage` is the state's; None where it was read from an object that has no place for it.
    """

    owner: str
    lineage: str | None
    operation: str

    def metadata(self) -> dict[str, str]:
        """The mark as metadata."""
        return {OWNER_KEY: self.owner, LINEAGE_KEY: f"{self.lineage}/{self.operation}"}


@dataclass(frozen=True, slots=True)
class Draft:
    """What to create: the body with ids filled in, whose it will be, and where its bytes are.

    Those of a file are at `path`, those of the files in a folder at `files`, by their paths in it.
    """

    body: Mapping[str, Any]
    mark: Mark
    path: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a vector store. Keys are as the API reads them back; `error` is why indexing failed.

    `usage_bytes` is what it takes up there: nothing until it is indexed. `created_at` is when it was attached, in
    seconds since 1970 (0: unknown).
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
        """The members by file id."""
        ...

    def attach(self, store: str, members: Sequence[Mapping[str, Any]]) -> None:
        """Starts indexing up to `batch_size` members: {file_id, attributes, chunking_strategy}."""
        ...

    def pending(self, store: str) -> set[str]:
        """The ids of files that are being indexed."""
        ...

    def describe(self, store: str, file_id: str, attributes: Mapping[str, Any]) -> None:
        """Replaces a member's attributes."""
        ...

    def detach(self, store: str, file_id: str) -> None:
        """Takes a file out; it stays a file. No error where it is out already."""
        ...


class Collection(Protocol):
    """Objects of one type. `remote` is False for what is kept in the state only."""

    @property
    def declared(self) -> ObjectType:
        """The declaration of the type. Its `traits` tell objects apart that carry no mark."""
        ...

    @property
    def type(self) -> str:
        """As records name it: `vector_store`."""
        ...

    @property
    def title(self) -> str:
        """As people say it: `vector store`."""
        ...

    @property
    def remote(self) -> bool:
        """Whether the objects live at OpenAI."""
        ...

    @property
    def fields(self) -> Mapping[str, Field]:
        """How each field behaves; one that is absent is a plain value."""
        ...

    @property
    def members(self) -> Members | None:
        """The files inside, where there are any."""
        ...

    def pages(self) -> Iterator[Sequence[Live]]:
        """All objects, newest first, a page at a time. Raises NotFound where the server has no such endpoint."""
        ...

    def retrieve(self, id: str) -> Live | None:
        """The object, or None where there is none (404)."""
        ...

    def mark_of(self, live: Live) -> Mark | None:
        """Whose the object says it is, and which operation made it; None where it carries no mark."""
        ...

    def complete(self, live: Live) -> Live:
        """The object with what lists leave out."""
        ...

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Whether an object has the content that these inputs name; None where the API does not say."""
        ...

    def create(self, draft: Draft) -> Live:
        """Makes an object; sent once. Raises Ambiguous where the answer was lost."""
        ...

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Sends these fields; the others keep their values."""
        ...

    def delete(self, id: str) -> None:
        """Deletes the object; no error where it is gone already."""
        ...


def field_of(fields: Mapping[str, Field], name: str) -> Field:
    """How a field behaves; one that is newer than this tool is a plain value."""
    return fields.get(name, Field())
