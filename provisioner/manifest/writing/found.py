"""Objects that were found in an account, in a dump or in source code. This module contains only data classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.core.diagnostic import Place

#: The type of a function that no object contains. All other types are those of `provisioner.core.objecttype`.
TOOL = "tool"


@dataclass(frozen=True, slots=True)
class Unread:
    """The place of a value that cannot be read without running its source, such as a call or a variable of Terraform.

    `text` is the expression as it is written.
    """

    text: str


@dataclass(frozen=True, slots=True)
class MemberFile:
    """A file in a vector store. `id` is its id, or the key of a found file; `filename` is empty if it is not known.

    `attributes` and `chunking_strategy` have the format of the API, and are None if they are not known.
    """

    id: str
    filename: str = ""
    attributes: Mapping[str, Any] | None = None
    chunking_strategy: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """An object that exists or existed.

    `type` is the name of an object type (`assistant`, `agent`, `vector_store`, `file`, `skill`,
    `environment_template`), `definition` for the arguments of `responses.create`, or `tool` for a function. `key`
    identifies the object among all that were found: its id if it has one. Other objects contain the key where the API
    has an id. `fields` have the names and the format of the API. `members` are the files of a vector store.

    `is_echo`: the API returned the fields, so they include defaults that nobody has set. `path` is the local file with
    the content of a file object, as the path from the folder that is written; None if nobody has the content.
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

    @property
    def display_name(self) -> str:
        """The name that people gave the object, or an empty text. `name` is used where the fields have none."""
        for candidate in (self.fields.get("name"), self.fields.get("filename"), self.name):
            if isinstance(candidate, str) and candidate.strip():
                return candidate
        return ""
