"""Defines the kinds of entries that manifests declare. The parser, the JSON Schema and the docs are made from the table
`KINDS`.

A new kind needs one file with its model, and one entry in `KINDS`.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from provisioner.core.addresskind import (
    ASSISTANT_KIND,
    FILE_KIND,
    INSTRUCTIONS_KIND,
    SKILL_KIND,
    TEST_KIND,
    TOOL_KIND,
    VECTOR_STORE_KIND,
)
from provisioner.core.kinds import common
from provisioner.core.kinds.entry_model import EntryModel
from provisioner.core.kinds.tool_types import RESERVED


class Kind(Struct, frozen=True):
    """A kind of manifest entries. `name` is the first word of addresses of this kind, and `section` is the key of the
    entries in a manifest. `entry` is the model of one entry, and `summary` is a description of the kind.

    `reserved` are names that no entry may have, because they have another meaning already.
    """

    name: str
    section: str
    entry: EntryModel
    summary: str
    reserved: frozenset[str] = frozenset()


def _load_file() -> Any:
    from provisioner.core.kinds.file import FileModel

    return FileModel


def _load_vector_store() -> Any:
    from provisioner.core.kinds.vector_store import VectorStoreModel

    return VectorStoreModel


def _load_skill() -> Any:
    from provisioner.core.kinds.skill import SkillModel

    return SkillModel


def _load_fragment() -> Any:
    from provisioner.core.kinds.instructions import FragmentModel

    return FragmentModel


def _load_tool() -> Any:
    from provisioner.core.kinds.tool import ToolModel

    return ToolModel


def _load_assistant() -> Any:
    from provisioner.core.kinds.assistant import AssistantModel

    return AssistantModel


def _load_test() -> Any:
    from provisioner.core.kinds.test import TestModel

    return TestModel


KINDS: tuple[Kind, ...] = (
    Kind(FILE_KIND.name, FILE_KIND.section, EntryModel(_load_file, common.File), "A file that is uploaded."),
    Kind(
        VECTOR_STORE_KIND.name,
        VECTOR_STORE_KIND.section,
        EntryModel(_load_vector_store, common.VectorStore),
        "Files that file_search finds passages in.",
    ),
    Kind(
        SKILL_KIND.name,
        SKILL_KIND.section,
        EntryModel(_load_skill, common.Skill),
        "A folder with instructions and scripts for a shell.",
    ),
    Kind(
        INSTRUCTIONS_KIND.name,
        INSTRUCTIONS_KIND.section,
        EntryModel(_load_fragment, common.Fragment),
        "A fragment of instructions.",
    ),
    Kind(
        TOOL_KIND.name,
        TOOL_KIND.section,
        EntryModel(_load_tool, common.Tool),
        "A tool that several assistants share.",
        RESERVED,
    ),
    Kind(ASSISTANT_KIND.name, ASSISTANT_KIND.section, EntryModel(_load_assistant, common.Assistant), "An assistant."),
    Kind(
        TEST_KIND.name,
        TEST_KIND.section,
        EntryModel(_load_test),
        "A test of an assistant, which `provision test` runs. Tests never change a plan.",
    ),
)
SECTIONS = {kind.section: kind for kind in KINDS}
