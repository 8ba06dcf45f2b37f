"""Describes the parsed manifests from which resources were made, for modules that need the values and places in the
files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place
from provisioner.manifest.declarations import Declaration, Declarations
from provisioner.manifest.files.referenced_files import Entry
from provisioner.manifest.parsing.document import Document, Written
from provisioner.manifest.resources.instructions import Part
from provisioner.manifest.secret_scan.secrets import Allowed


class Composed(Struct, frozen=True):
    """An assistant after its fields, tools and instructions were combined.

    `fields` are the fields of the assistant, including the project's defaults. `tools` contains a pair for each tool:
    the tool's item in the manifest, and the tool in the format of the Responses API. It is empty if a tool has an
    error. `parts` contains a pair for each item of `instructions:`: the item, and the part of the instructions that the
    item names. The body of a Markdown file is the last of these items.
    """

    declaration: Declaration
    target: str
    fields: Mapping[str, Written]
    tools: tuple[tuple[Written, Mapping[str, Any]], ...]
    parts: tuple[tuple[Written, Part], ...]


class Sources(Struct, frozen=True):
    """Everything from which the resources of a project were made.

    `documents` are the settings file and the manifests, in this order. `tools` maps names to the declared tools in the
    format of the Responses API. `fragments` are the texts that are declared under `instructions:`. `files` are the
    files to upload. `schemas` are the JSON Schemas in separate files, each with the value in a manifest that refers to
    the file. `allowed` are the credentials that comments allow.
    """

    documents: tuple[Document, ...]
    declared: Declarations
    tools: Mapping[str, Mapping[str, Any]]
    assistants: tuple[Composed, ...]
    fragments: tuple[Part, ...]
    files: tuple[Entry, ...]
    schemas: tuple[tuple[Written, Document], ...]
    allowed: tuple[Allowed, ...] = ()


class NamedModel(Struct, frozen=True):
    """The language model that an assistant uses. `place` is the place of the model's name, which may be in the
    project's defaults. `address` is the address of the assistant.
    """

    name: str
    place: Place
    address: Address
