"""Defines the data classes for objects that were found in an account, in a dump or in source code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from provisioner.core.diagnostic import Place

#: The type of a function tool that belongs to no assistant. All other types are those of `provisioner.core.objecttype`.
TOOL = "tool"


class Unread(Struct, frozen=True):
    """A placeholder for a value that is not known, because sources are never run. Examples are the result of a call,
    and a Terraform variable. `text` is the expression in the source.
    """

    text: str


class MemberFile(Struct, frozen=True):
    """A file in a vector store. `id` is the id of the file, or the key of a found file. `filename` is empty if the name
    is not known.

    `attributes` and `chunking_strategy` have the format of the API. They are None if they are not known.
    """

    id: str
    filename: str = ""
    attributes: Mapping[str, Any] | None = None
    chunking_strategy: Mapping[str, Any] | None = None


class Found(Struct, frozen=True):
    """An object that exists or existed. `key` identifies it among all found objects, and other objects refer to it by
    the key. The key is the object's id if the object has an id.

    `type` is the name of an object type (`assistant`, `agent`, `vector_store`, `file`, `skill`,
    `environment_template`), `definition` for the arguments of `responses.create`, or `tool` for a function. `fields`
    have the names and the format of the API. `members` are the files of a vector store.

    `is_echo` is true if the API returned the fields, which then include defaults that nobody has set. `path` is the
    local file with the content of a file object, relative to the folder to which manifests are written. It is None if
    no local file contains it. `files` maps the paths in a skill's folder to the contents of its files, if they are
    known.
    """

    type: str
    key: str
    fields: Mapping[str, Any]
    id: str | None = None
    members: tuple[MemberFile, ...] = ()
    place: Place | None = None
    is_echo: bool = True
    path: str | None = None
    name: str | None = field(default=None)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def display_name(self) -> str:
        """The name that people gave the object. It is the field `name`, otherwise the field `filename`, otherwise
        `Found.name`, otherwise an empty text.
        """
        for candidate in (self.fields.get("name"), self.fields.get("filename"), self.name):
            if isinstance(candidate, str) and candidate.strip():
                return candidate
        return ""
