"""What resources were made from, for modules that need the manifests as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place
from provisioner.manifest.declarations import Declaration, Declarations
from provisioner.manifest.files.referenced_files import Entry
from provisioner.manifest.parsing.document import Document, Written
from provisioner.manifest.resources.instructions import Part
from provisioner.manifest.secret_scan.secrets import Allowed


@dataclass(frozen=True, slots=True)
class Composed:
    """An assistant as it was composed: its fields over the defaults, its tools in long form, each with its written
    value, and the parts of its instructions, each with the item of the list that named it.
    """

    declaration: Declaration
    target: str
    fields: Mapping[str, Written]
    tools: tuple[tuple[Written, Mapping[str, Any]], ...]
    parts: tuple[tuple[Written, Part], ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """All written values: documents (the settings first), declarations, declared tools in long form by name,
    assistants, fragments, files, schemas in separate files, each with what refers to it, and the credentials that
    comments allow.
    """

    documents: tuple[Document, ...]
    declared: Declarations
    tools: Mapping[str, Mapping[str, Any]]
    assistants: tuple[Composed, ...]
    fragments: tuple[Part, ...]
    files: tuple[Entry, ...]
    schemas: tuple[tuple[Written, Document], ...]
    allowed: tuple[Allowed, ...] = ()


@dataclass(frozen=True, slots=True)
class NamedModel:
    """A model of an assistant, with its place, which may be in the project's defaults."""

    name: str
    place: Place
    address: Address
