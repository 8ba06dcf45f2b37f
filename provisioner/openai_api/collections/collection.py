"""Defines the protocol of a collection of objects, and how the fields of these objects are compared and changed. The
engine (the code that plans and applies) uses the API only through this protocol.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Protocol

from msgspec import Struct
from msgspec import field as struct_field

from provisioner.core.objecttype import ObjectType
from provisioner.state.upload_log import UploadLog

Mode = Literal["value", "keys", "members", "create_only", "local", "write_only", "versioned", "pointer", "shown"]

#: The metadata keys of a mark, which names an object's owner. Both keys begin with
#: `provisioner.planning.plan.MARK_PREFIX`.
OWNER_KEY = "provision_owner"
LINEAGE_KEY = "provision_lineage"
MARK_KEYS = (OWNER_KEY, LINEAGE_KEY)
#: The statuses of files that a vector store could not index.
UNINDEXED = ("failed", "cancelled")


class Field(Struct, frozen=True):
    """Describes how one field of an object is compared and changed. `mode` is one of the following values:

    With `value`, the field is compared as a whole, and a difference causes an update.

    With `keys`, the field is compared key by key, and a difference causes an update with all keys. Keys that provision
    did not set stay unchanged.

    With `members`, the field is compared file by file. Files are attached, detached, or get new attributes.

    With `create_only`, the field is compared as a whole, and a difference replaces the object. The API may not return
    the field.

    With `local`, the field is never compared, and never sent in an update. Its value is only stored in the state, where
    it describes the object.

    With `write_only`, the field is compared by its digest, and a difference causes an update. The API never returns the
    field.

    With `versioned`, the field is compared as a whole, and a difference creates a new version of the same object. The
    API never returns the field.

    With `pointer`, manifests do not set the field. If the default version at OpenAI is not the version that provision
    made, an update corrects it.

    With `shown`, manifests do not set the field. If its value at OpenAI differs from the recorded value, the difference
    is reported to the user.

    `reset` is the value that an update sends if the manifest no longer sets the field.
    """

    mode: Mode = "value"
    reset: Any = None


#: The default of mappings that only vector stores have. A mapping for each uploaded file would take much memory.
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Live(Struct, frozen=True, gc=False):
    """Describes an object as it is at OpenAI now. `fields` is its configuration in the API's format, without fields
    that change by themselves. `status` is the API's status, for example `expired`. `created_at` is in seconds since
    1970. `versions` contains the numbers of the object's versions, or is None if the object has no versions, or if the
    versions were not listed.

    The other values describe a vector store. `usage_bytes` is its size in bytes. `member_bytes` maps the id of each
    file in it to the size of the file in bytes, if the API returns these sizes. `pending` maps the id of each file that
    is still being indexed to the time when the file was attached, in seconds since 1970 (0 if it is unknown). `failed`
    maps the id of each file that could not be indexed to its attributes; `fields` does not contain these files.
    `summary` contains the number of files, their size and the status of the vector store, as in
    `provisioner.state.member_summary`.
    """

    id: str
    fields: Mapping[str, Any]
    status: str | None = None
    created_at: int = 0
    usage_bytes: int | None = None
    member_bytes: Mapping[str, int] = NOTHING
    pending: Mapping[str, int] = NOTHING
    failed: Mapping[str, Mapping[str, Any]] = NOTHING
    versions: frozenset[str] | None = None
    summary: Mapping[str, Any] | None = None

    @property
    def metadata(self) -> Mapping[str, str]:
        """The object's metadata, including the metadata of its ownership mark. Some servers store values that are not
        strings. These values are left out.
        """
        found = self.fields.get("metadata") or {}
        return {key: value for key, value in found.items() if isinstance(value, str)}


class Mark(Struct, frozen=True):
    """Contains the ownership mark of an object. The mark shows that provision made or adopted the object. `owner` is
    `PROJECT/ENVIRONMENT/ADDRESS`, where ENVIRONMENT is an environment of the project. `operation` is the id of the
    operation that made or adopted the object.

    `lineage` is the id that all versions of the project's state share. It is None if this type of object has no place
    for a lineage.
    """

    owner: str
    lineage: str | None
    operation: str

    def metadata(self) -> dict[str, str]:
        """Returns the two metadata keys that form the ownership mark, with their values."""
        return {OWNER_KEY: self.owner, LINEAGE_KEY: f"{self.lineage}/{self.operation}"}


@dataclass(frozen=True, slots=True)
class Draft:
    """Describes an object that will be created. `body` is the body of the request. In `body`, all references are
    already replaced by ids. `mark` is the ownership mark that is written into the object.

    `path` is the path of the file to upload. If a folder is uploaded, `files` maps the path of each file in the folder
    to the path of the local file. `uploads` records the progress of an upload in parts. The function `stopped` returns
    whether the run must end.
    """

    body: Mapping[str, Any]
    mark: Mark
    path: Path | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    uploads: UploadLog = field(default_factory=UploadLog, compare=False)
    stopped: Callable[[], bool] = field(default=lambda: False, compare=False)


class Member(Struct, frozen=True):
    """Describes a file in a vector store. The fields have the same names as in the API. `error` is the reason why
    indexing failed, or None if it did not fail.

    `usage_bytes` is the size of the file in the vector store in bytes. It is 0 until the file is indexed. `created_at`
    is the time when the file was attached, in seconds since 1970 (0 if it is unknown).
    """

    file_id: str
    attributes: Mapping[str, Any] = struct_field(default_factory=dict)
    chunking_strategy: Mapping[str, Any] | None = None
    status: str | None = "completed"
    error: str | None = None
    usage_bytes: int | None = None
    created_at: int = 0


class Members(Protocol):
    """Defines access to the files in vector stores."""

    def list(self, store: str) -> dict[str, Member]:
        """Returns the files in the vector store with the id `store`, keyed by file id."""
        ...

    def attach(self, store: str, members: Sequence[Mapping[str, Any]]) -> None:
        """Attaches files to the vector store with the id `store`. The vector store then starts to index the files. Each
        item of `members` describes a file with the keys `file_id`, `attributes` and `chunking_strategy`. The number of
        items must not exceed the limit for one batch.
        """
        ...

    def pending(self, store: str) -> set[str]:
        """Returns the ids of the files that the vector store with the id `store` is still indexing."""
        ...

    def text(self, store: str, file_id: str) -> str | None:
        """Returns the text that a vector store has extracted from a file. `store` and `file_id` are the ids of the
        vector store and of the file. Returns None if there is no such text, or if the server returns only a part of it.
        """
        ...

    def describe(self, store: str, file_id: str, attributes: Mapping[str, Any]) -> None:
        """Replaces all attributes of the file with the id `file_id` in the vector store with the id `store`.
        `attributes` are the new attributes.
        """
        ...

    def detach(self, store: str, file_id: str) -> None:
        """Detaches the file with the id `file_id` from the vector store with the id `store`. The uploaded file itself
        is not deleted. Does nothing if the file is not attached.
        """
        ...


class Collection(Protocol):
    """Defines access to all objects of one type. If `remote` is False, the objects exist only in the state and not at
    OpenAI.
    """

    @property
    def declared(self) -> ObjectType:
        """The declaration of this type of object. Its `traits` are the fields, such as name and size, that identify an
        object without an ownership mark.
        """
        ...

    @property
    def type(self) -> str:
        """The name of this type of object in records, such as `vector_store`."""
        ...

    @property
    def title(self) -> str:
        """The name of this type of object in messages to users, such as `vector store`."""
        ...

    @property
    def remote(self) -> bool:
        """True if the objects exist at OpenAI. False if they exist only in the state."""
        ...

    @property
    def fields(self) -> Mapping[str, Field]:
        """The fields of this type of object. The result maps the name of each field to a `Field`, which says how the
        field is compared and changed. If the result does not contain a field, the field is compared as a whole, and a
        difference causes an update (the mode `value` of `Field`).
        """
        ...

    @property
    def members(self) -> Members | None:
        """Gives access to the files in objects of this type. None if objects of this type contain no files."""
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
        """Returns the ownership mark of the object `live`, or None if the object has no mark."""
        ...

    def complete(self, live: Live) -> Live:
        """Returns the object `live` with all its fields. `live` comes from the response to a list request, which may
        omit some fields.
        """
        ...

    def with_content(self, live: Live) -> Live:
        """Returns the object `live` together with its content. The content is needed if provision adopts the object
        (manages an object that it did not create). If the API does not return the content, the object is returned
        unchanged.
        """
        ...

    def holds(self, live: Live, inputs: Mapping[str, Any]) -> bool | None:
        """Returns whether the content of the object `live` is equal to the content in `inputs`. Returns None if the API
        does not return the content.
        """
        ...

    def create(self, draft: Draft) -> Live:
        """Creates the object that `draft` describes, and returns the new object. The request is repeated only if it was
        certainly not carried out, for example after a 429. Raises Ambiguous if the response was lost, so that it is not
        known whether the object was created.
        """
        ...

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        """Changes the fields in `body` of the object with the id `id`, and returns the changed object. All other fields
        keep their values.
        """
        ...

    def delete(self, id: str) -> None:
        """Deletes the object with the id `id`. Does nothing if the object does not exist."""
        ...


PLAIN = Field()


def field_of(fields: Mapping[str, Field], name: str) -> Field:
    """Returns the `Field` that says how the field `name` is compared and changed. If `fields` does not contain this
    name, the field has the mode `value`.
    """
    return fields.get(name, PLAIN)
