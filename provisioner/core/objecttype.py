"""The types of objects, each declared once. Tables, orders and words elsewhere are derived from these declarations.

An address has a kind (`assistant.tutor`); a record has a type (`agent`). Objects of several types share a kind where
one declaration in a manifest becomes any of them. A new type is one `ObjectType` here, and one collection in
`provisioner.openai_api.collections`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal


class MarkPlace(Enum):
    """The place of an object's mark, which names its owner and the operation that made it."""

    #: In two keys of the metadata: the owner, and the lineage with the operation.
    METADATA = "metadata"
    #: In the name: the owner, then the operation.
    NAME = "name"
    #: Nowhere, because the API has no field for it. Such objects are distinguished by their traits.
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Fact:
    """A field that is displayed beside an address: a size in bytes, a number of items, or a text.

    `noun` is the name of the counted items, in the singular.
    """

    field: str
    measure: Literal["size", "count", "text"] = "text"
    noun: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressKind:
    """The first word of an address, and how such addresses are displayed.

    `title` is its name for people, `section` the key of several of them in manifests and in output. `column` is its
    first possible column in the graph, `colours` are its fill and outline there, in the light and the dark scheme.
    `unused` is the message of lint for one that nothing uses; if it is empty, lint does not look for these.
    `is_common_word`: files of other programs have sections of this name, too.
    """

    name: str
    title: str
    section: str
    column: int
    colours: tuple[str, str, str, str]
    unused: str = ""
    is_common_word: bool = False

    @property
    def heading(self) -> str:
        """The title of a list of these: `Vector stores`."""
        return self.section.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectKind(AddressKind):
    """A kind of addresses that have objects.

    `delete_rank` orders deletions: lower ranks are deleted first, so users have lower ranks than what they use.
    `output` says by what `provision output` lists these (None: they are not listed). `held_by_applications` means that
    applications keep the ids of such objects, so an id may be in use although no record has it.
    """

    delete_rank: int
    output: Literal["name", "address"] | None = None
    held_by_applications: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """How the content of an object is kept: in numbered versions, of which one is the default.

    `type` is the type of the versions. They are no resources: a record of the object names the one that it made.
    `content` is the input that each version holds. `default` and `latest` are the fields of the object that name
    the version that is used and the newest one.
    """

    type: str
    content: str
    default: str
    latest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectType:
    """The type of the objects in one collection: what they are, how they are recovered, and how they are displayed.

    | field                   | meaning                                                                             |
    |-------------------------|-------------------------------------------------------------------------------------|
    | name                    | the name in records, which is a part of the state's format                          |
    | kind                    | the kind of its addresses; it decides the order of deletions, output, graphs, pages |
    | title, plural           | the names in messages                                                               |
    | local                   | the objects are only in the state, so they cannot vanish and are never looked for   |
    | mark                    | the place of the mark, which recovery, rebuild, guards and deletions use            |
    | traits                  | the fields that distinguish objects without a mark; lists contain all of them       |
    | content                 | the fields that identify an upload's content, so that its record can move to a path |
    | versions                | a changed content is a new version in place; the former version is retired          |
    | version_of              | the type that its objects are versions of; they are recorded with that object       |
    | is_readable             | the API returns the content, which distinguishes objects with equal traits          |
    | members                 | the field with the files inside, by their address                                   |
    | facts, note             | what is displayed beside an address                                                 |
    | needed_everywhere       | every target needs this API; a server without it is the wrong server                |
    | missing                 | the message for a server without this API; if it is empty, there is a general one   |
    | probed                  | a plan that makes the first object asks whether the server has this API             |
    | id_prefix               | how ids begin at OpenAI; other servers may give others                              |
    | is_importable           | `imports:` may name an object of this type                                          |
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


ASSISTANT_KIND = ObjectKind(
    name="assistant",
    title="assistant",
    section="assistants",
    column=0,
    colours=("#ebf1fa", "#7d9cc6", "#18243a", "#6b92cc"),
    delete_rank=10,
    output="name",
    held_by_applications=True,
)
ENVIRONMENT_KIND = ObjectKind(
    name="environment",
    title="environment template",
    section="environments",
    column=1,
    colours=("#eef0f8", "#9197c4", "#20223a", "#8289c4"),
    delete_rank=20,
)
VECTOR_STORE_KIND = ObjectKind(
    name="vector_store",
    title="vector store",
    section="vector_stores",
    column=1,
    colours=("#e8f4f1", "#72ab9b", "#142b27", "#5aa38f"),
    delete_rank=30,
    unused="no assistant searches this store",
    output="name",
    held_by_applications=True,
)
SKILL_KIND = ObjectKind(
    name="skill",
    title="skill",
    section="skills",
    column=2,
    colours=("#eaf3ea", "#86a982", "#1b291a", "#78a373"),
    delete_rank=35,
    unused="no shell and no environment has this skill",
    is_common_word=True,
    output="name",
    held_by_applications=True,
)
FILE_KIND = ObjectKind(
    name="file",
    title="file",
    section="files",
    column=2,
    colours=("#f7f4ec", "#b8aa83", "#29261a", "#a3925c"),
    delete_rank=40,
    is_common_word=True,
    unused="no store and no tool uses this file",
    output="address",
)
#: The kinds without objects of their own, which are parts of assistants.
INSTRUCTIONS_KIND = AddressKind(
    name="instructions",
    title="instructions",
    section="instructions",
    column=1,
    colours=("#f3eef8", "#a78ec4", "#261d33", "#9a7cc2"),
    unused="no assistant's instructions use this fragment",
    is_common_word=True,
)
TOOL_KIND = AddressKind(
    name="tool",
    title="tool",
    section="tools",
    column=1,
    colours=("#faf0ea", "#cd9a7b", "#32221a", "#c08560"),
    unused="no assistant has this tool",
    is_common_word=True,
)

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

#: Every type, by its name in records.
TYPES: Mapping[str, ObjectType] = {
    each.name: each
    for each in (FILE, VECTOR_STORE, SKILL, SKILL_VERSION, ENVIRONMENT_TEMPLATE, AGENT, ASSISTANT, DEFINITION)
}
#: Every kind of address with objects, in the order of deletion and display: users before what they use.
OBJECT_KINDS: tuple[ObjectKind, ...] = tuple(
    sorted({each.kind for each in TYPES.values()}, key=lambda kind: (kind.delete_rank, kind.name))
)
#: The names of these kinds, in the order of deletion.
DELETE_ORDER: tuple[str, ...] = tuple(kind.name for kind in OBJECT_KINDS)
#: Every kind of address, by name.
ADDRESS_KINDS: Mapping[str, AddressKind] = {kind.name: kind for kind in (*OBJECT_KINDS, INSTRUCTIONS_KIND, TOOL_KIND)}
