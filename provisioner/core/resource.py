"""Defines resources: the objects that the manifests declare. References are resolved to addresses, and files have
hashes.

This module contains only data classes and small functions about them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place, Severity
from provisioner.core.leaves import leaves

#: The types of values that contain no reference.
PLAIN = frozenset((str, int, float, bool, type(None)))
NO_ADDRESSES: frozenset[Address] = frozenset()
#: The default of mappings that few resources have. A mapping for each uploaded file would take much memory.
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Ref(Struct, frozen=True, gc=False):
    """A reference to another resource in the inputs of a resource (the fields to send). Before the request is sent, the
    reference is replaced by the id of the object at `address` if `attribute` is `id`, or by the number of its release
    if `attribute` is `release`.
    """

    address: Address
    attribute: str = "id"


class Template(Struct, frozen=True):
    """A text in the inputs of a resource that contains references to other resources. `parts` are the pieces of the
    text, from its beginning to its end: plain texts and references.
    """

    parts: tuple[str | Ref, ...]


class Lifecycle(Struct, frozen=True):
    """Rules for changing a resource.

    If `protect` is set, the object is neither deleted nor replaced. `retire_after` is the time in seconds for which a
    replaced object is kept before it is deleted. If `exclusive` is set, files that are not declared are removed from a
    vector store; otherwise they stay.
    """

    protect: bool = False
    retire_after: float = 0
    exclusive: bool = False


class Import(Struct, frozen=True):
    """The id of a live object that a resource adopts (manages from now on, although provision did not create it).
    `place` is the place in a manifest that names the id, or None if the command line names the id.
    """

    id: str
    place: Place | None = None


class Pin(Struct, frozen=True):
    """The release of an assistant that a rollback has restored (a content that was applied earlier). Until the manifest
    of the assistant changes, a plan uses this release instead of what the manifest declares.

    `release` is the number of the release, and `content` the digest of its content. `manifest` is the digest of what
    the manifests declared for the assistant at the time of the rollback.
    """

    release: int
    content: str
    manifest: str


class Resource(Struct, frozen=True, dict=True):
    """One object that should exist at OpenAI. A definition (the stored arguments of an assistant) should exist in the
    state instead.

    `type` is the name of its object type, as `provisioner.core.objecttype` declares it. `inputs` are the fields to
    send. In `inputs`, each id is replaced by a `Ref`. Fields that the manifest does not set are absent.

    `sources` maps the addresses of instructions and tools to the digests of their contents. The digests explain a
    change, and are never sent. `parts` are the texts of which the instructions of an assistant consist, in order. Each
    text is paired with the address of its fragment (empty for the assistant's own text).

    `file` is the absolute path of a local file. `files` maps the paths in a skill's folder to the paths of the local
    files. `imported` is the live object that the resource takes over if the resource has no record. `uploads` maps the
    ids of uploads, which manifests name as `{id: …}`, to the place in a manifest that names the id. If a rollback has
    restored
    an earlier release of the assistant, the inputs come from this release, and `pin` describes it.
    """

    address: Address
    type: str
    inputs: Mapping[str, Any]
    place: Place | None = None
    lifecycle: Lifecycle = Lifecycle()
    sources: Mapping[str, str] = NOTHING
    file: str | None = None
    files: Mapping[str, Path] = NOTHING
    parts: tuple[tuple[str, str], ...] = ()
    imported: Import | None = None
    uploads: Mapping[str, Place] = NOTHING
    pin: Pin | None = None

    @property
    def path(self) -> Path | None:
        """The absolute path of a local file."""
        # Most resources are files. An object for each path would take more memory than the rest of the resource.
        return Path(self.file) if self.file is not None else None

    @property
    def needs(self) -> frozenset[Address]:
        """The addresses of all resources to which the inputs of this resource refer."""
        # Nearly all resources are files, and have such inputs. A cache would need more memory for each of them.
        return NO_ADDRESSES if PLAIN.issuperset(map(type, self.inputs.values())) else self._needs

    @cached_property
    def _needs(self) -> frozenset[Address]:
        found: set[Address] = set()
        # A vector store may have thousands of files, and each of them two mappings.
        ahead: list[Any] = [self.inputs]
        while ahead:
            each = ahead.pop()
            if type(each) is dict:
                ahead += [item for item in each.values() if type(item) not in PLAIN]
            elif type(each) is Ref:
                found.add(each.address)
            else:
                found.update(ref.address for ref in refs(each))
        return frozenset(found)


class Problem(Struct, frozen=True):
    """A part of an assistant that a target (the API that the assistant is made for) cannot express. `path` is the path
    of the field inside the assistant. The line in the manifest is found with this path.

    `rule` is the name of the rule of `provision lint` that reports the problem. None means that no rule reports it.
    """

    path: tuple[str | int, ...]
    message: str
    severity: Severity = "error"
    rule: str | None = None


class AssistantSpec(Struct, frozen=True):
    """An assistant with the fields of the Responses API, before it is converted to the format of a target (the API that
    the assistant is made for).

    `fields` are the manifest's fields. The tools in `fields` are mappings. In these mappings, a `Ref` replaces each
    reference to a resource, for example under `vector_store_ids` and `container.file_ids`. `environment` is the
    environment template, for example {packages, network, files: [{file_id, path}], setup_commands}. `extra` and
    `agents` are the mappings under these keys of the manifest. `filenames` maps the address of each file to its base
    name.
    """

    name: str
    fields: Mapping[str, Any]
    environment: Mapping[str, Any] | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    agents: Mapping[str, Any] = field(default_factory=dict)
    filenames: Mapping[Address, str] = field(default_factory=dict)


class Expression(Struct, frozen=True):
    """An assistant in the format of one target (the API that the assistant is made for). It consists of the type and
    the inputs of the object, the inputs of the environment template, and the problems that the conversion found.
    """

    type: str
    inputs: Mapping[str, Any]
    environment: Mapping[str, Any] | None = None
    problems: tuple[Problem, ...] = ()


def text_digest(text: str) -> str:
    """Returns the SHA-256 digest of a text of instructions, in hexadecimal digits. `Resource.sources` contains such
    digests.
    """
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def refs(value: Any) -> Iterator[Ref]:
    """Yields every `Ref` inside `value`, depth first, including each `Ref` in a `Template`."""
    for each in leaves(value):
        if isinstance(each, Ref):
            yield each
        elif isinstance(each, Template):
            yield from (part for part in each.parts if isinstance(part, Ref))


def attribute_of(id: str, attribute: str) -> str:
    """Returns the value that replaces a reference to an object: the whole `id` if `attribute` is `id`, or the number of
    the release in `id` if `attribute` is `release`.

    A release exists only for a definition (the stored arguments of an assistant), whose id contains its name and the
    number of its release: `tutor@3`.
    """
    return id.rpartition("@")[2] if attribute == "release" else id
