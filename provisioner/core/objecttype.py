"""Defines the types of the objects that provision makes. Other modules derive their tables, orders and names from these
declarations.

An address has a kind (`assistant.tutor`), and a record has a type (`agent`). Several types share one kind if one
declaration in a manifest can become an object of any of these types. A new type needs one `ObjectType` in this module,
and one collection in `provisioner.openai_api.collections`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Literal

from msgspec import Struct

from provisioner.core.addresskind import (
    ASSISTANT_KIND,
    ENVIRONMENT_KIND,
    FILE_KIND,
    INSTRUCTIONS_KIND,
    SKILL_KIND,
    TEST_KIND,
    TOOL_KIND,
    VECTOR_STORE_KIND,
    AddressKind,
    ObjectKind,
)


class MarkPlace(Enum):
    """The place in an object where its ownership mark is written. The mark says which project made or adopted the
    object, for which address and in which operation.
    """

    #: The mark is in two keys of the metadata. The first key has the owner, and the second has the lineage and the
    #: operation.
    METADATA = "metadata"
    #: The mark is in the name of the object: the owner, then the operation.
    NAME = "name"
    #: The object has no mark, because the API has no field for it. Such objects are distinguished by the fields in
    #: `ObjectType.traits`.
    NOWHERE = "nowhere"


class Fact(Struct, frozen=True):
    """A field of an object that is displayed beside the object's address: a size in bytes, a number of items, or a
    text.

    If the field is a number of items, `noun` is the name of one item, such as `file`.
    """

    field: str
    measure: Literal["size", "count", "text"] = "text"
    noun: str = ""


class Versions(Struct, frozen=True, kw_only=True):
    """Describes an object whose content is kept in numbered versions. One of the versions is the default version.

    `type` is the object type of the versions. `content` is the name of the field with the content of a version.
    `default` and `latest` are the fields of the object that contain the numbers of the default version and of the
    newest version.

    A version has no address of its own: the record of the object names the version that was uploaded for this record.
    """

    type: str
    content: str
    default: str
    latest: str


class ObjectType(Struct, frozen=True, kw_only=True):
    """The type of the objects in one collection. The type determines how these objects are named, recovered and
    displayed.

    `name` is the name in records, and a part of the state's format. `title` and `plural` are the names in messages.
    `kind` is the kind of the addresses. The kind determines the order of deletions, and the order in output, graphs and
    pages.

    `local` means that the objects exist only in the state, so nothing is searched for or deleted at OpenAI. `mark` is
    the place of the ownership mark, which shows that provision made an object. `traits` are the fields that distinguish
    objects without a mark, such as name and size. The API's lists contain all of these fields. `content` are the fields
    that show whether two uploads have the same content, so that moved files are found. `is_readable` means that the API
    returns the content, which distinguishes objects with equal traits.

    If `versions` is set, changed content is uploaded as a new version, and the former version is deleted later. If
    `version_of` is set, the objects are versions of objects of that type, and are recorded with those objects.
    `members` is the name of the field that maps addresses to the files in a vector store (None: these objects contain
    no files). `facts` and `note` are displayed beside an address.

    `needed_everywhere` means that every target needs the API of this type, so a server without this API cannot be used.
    `missing` is the message for a server without this API; if it is empty, a general message is used. `probed` means
    that a plan that creates the first object asks whether the server has this API. `id_prefix` is the beginning of ids
    at OpenAI; ids of other servers may begin differently. `is_importable` means that `imports:` may name an object of
    this type.
    """

    name: str
    kind: ObjectKind
    title: str
    plural: str
    mark: MarkPlace
    local: bool = False
    traits: tuple[str, ...] = ()
    content: tuple[str, ...] = ()
    versions: Versions | None = None
    version_of: str | None = None
    is_readable: bool = False
    members: str | None = None
    facts: tuple[Fact, ...] = ()
    note: str = ""
    needed_everywhere: bool = False
    missing: str = ""
    probed: bool = True
    id_prefix: str = ""
    is_importable: bool = False


FILE = ObjectType(
    name="file",
    kind=FILE_KIND,
    title="file",
    plural="files",
    mark=MarkPlace.NOWHERE,
    traits=("filename", "bytes", "purpose"),
    content=("sha256", "purpose", "expires_after"),
    facts=(Fact("bytes", "size"),),
    needed_everywhere=True,
    probed=False,
    id_prefix="file-",
    is_importable=True,
)
VECTOR_STORE = ObjectType(
    name="vector_store",
    kind=VECTOR_STORE_KIND,
    title="vector store",
    plural="vector stores",
    mark=MarkPlace.METADATA,
    traits=("name",),
    members="files",
    facts=(Fact("files", "count", "file"),),
    needed_everywhere=True,
    id_prefix="vs_",
    is_importable=True,
)
SKILL = ObjectType(
    name="skill",
    kind=SKILL_KIND,
    title="skill",
    plural="skills",
    mark=MarkPlace.NOWHERE,
    traits=("name",),
    content=("content",),
    versions=Versions(type="skill_version", content="content", default="default_version", latest="latest_version"),
    is_readable=True,
    facts=(Fact("content", "count", "file"), Fact("bytes", "size")),
    missing="this server has no Skills API; take the skills out of the manifests, or use another server",
    id_prefix="skill_",
    is_importable=True,
)
SKILL_VERSION = ObjectType(
    name="skill_version",
    kind=SKILL_KIND,
    title="version of a skill",
    plural="versions of a skill",
    mark=MarkPlace.NOWHERE,
    traits=("skill_id", "name"),
    version_of="skill",
    is_readable=True,
)
ENVIRONMENT_TEMPLATE = ObjectType(
    name="environment_template",
    kind=ENVIRONMENT_KIND,
    title="environment template",
    plural="environment templates",
    mark=MarkPlace.NAME,
    note="environment template",
    id_prefix="envtmpl_",
    is_importable=True,
)
AGENT = ObjectType(
    name="agent",
    kind=ASSISTANT_KIND,
    title="agent",
    plural="agents",
    mark=MarkPlace.METADATA,
    traits=("name", "model", "instructions"),
    facts=(Fact("model"),),
    id_prefix="agent_",
    is_importable=True,
)
ASSISTANT = ObjectType(
    name="assistant",
    kind=ASSISTANT_KIND,
    title="assistant",
    plural="assistants",
    mark=MarkPlace.METADATA,
    traits=("name", "model", "instructions"),
    facts=(Fact("model"),),
    missing="this server has no Assistants API (OpenAI shut it down on 2026-08-26); use `target: responses` or "
    "`target: agents`, and the next apply moves the assistant",
    id_prefix="asst_",
    is_importable=True,
)
DEFINITION = ObjectType(
    name="definition",
    kind=ASSISTANT_KIND,
    title="definition",
    plural="definitions",
    mark=MarkPlace.NOWHERE,
    local=True,
    facts=(Fact("model"),),
)

#: Every object type, by the name that records use.
TYPES: Mapping[str, ObjectType] = {
    each.name: each
    for each in (FILE, VECTOR_STORE, SKILL, SKILL_VERSION, ENVIRONMENT_TEMPLATE, AGENT, ASSISTANT, DEFINITION)
}
#: Every kind of address with objects, in the order of deletion and display: a kind is before the kinds that it uses.
OBJECT_KINDS: tuple[ObjectKind, ...] = tuple(
    sorted({each.kind for each in TYPES.values()}, key=lambda kind: (kind.delete_rank, kind.name))
)
#: The names of the kinds in OBJECT_KINDS, in the same order.
DELETE_ORDER: tuple[str, ...] = tuple(kind.name for kind in OBJECT_KINDS)
#: Every kind of address, by name.
ADDRESS_KINDS: Mapping[str, AddressKind] = {
    kind.name: kind for kind in (*OBJECT_KINDS, INSTRUCTIONS_KIND, TOOL_KIND, TEST_KIND)
}
