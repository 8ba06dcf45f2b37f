"""Defines the kinds of addresses. A kind is the first word of an address. Each kind has names and colours, with which
its resources are displayed.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class AddressKind(Struct, frozen=True, kw_only=True):
    """A kind of addresses: the first word of an address, and how addresses of this kind are displayed.

    `title` is the kind's name for people, and `section` the key of its entries in manifests and in output. `column` is
    the number of the first column in which the graph of resources can show a resource of this kind. `colours` are its
    fill and outline in the light scheme, then those in the dark scheme. `unused` is lint's message for an entry that
    nothing uses; if the message is empty, lint does not look for unused entries. `is_common_word` means that YAML files
    of other programs often contain the key `section` too.
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
        """The heading of a list of entries of this kind, for example `Vector stores`."""
        return self.section.replace("_", " ").capitalize()


class ObjectKind(AddressKind, frozen=True, kw_only=True):
    """A kind of addresses whose resources become objects at OpenAI or in the state.

    `delete_rank` orders deletions: objects with lower ranks are deleted first, so an object has a lower rank than the
    objects that it uses. `output` says whether `provision output` lists the objects by name or by address (None: they
    are not listed). `held_by_applications` means that applications store the ids of such objects, so an id may be in
    use even if no record of the state contains it.
    """

    delete_rank: int
    output: Literal["name", "address"] | None = None
    held_by_applications: bool = False


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
#: The kind of tests, which are no parts of anything, and are never drawn.
TEST_KIND = AddressKind(
    name="test",
    title="test",
    section="tests",
    column=0,
    colours=("#f1f1f1", "#a0a0a0", "#262626", "#8c8c8c"),
    is_common_word=True,
)
