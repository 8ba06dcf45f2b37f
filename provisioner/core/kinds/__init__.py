"""Defines the kinds of entries that manifests declare. The parser, the JSON Schema and the docs are made from the table
`KINDS`.

A new kind needs one file with its model, and one entry in `KINDS`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from msgspec import Struct
from pydantic import TypeAdapter

from provisioner.core.addresskind import (
    ASSISTANT_KIND,
    FILE_KIND,
    INSTRUCTIONS_KIND,
    SKILL_KIND,
    TEST_KIND,
    TOOL_KIND,
    VECTOR_STORE_KIND,
)
from provisioner.core.kinds.assistant import AssistantModel
from provisioner.core.kinds.file import FileModel
from provisioner.core.kinds.instructions import FragmentModel
from provisioner.core.kinds.skill import SkillModel
from provisioner.core.kinds.test import TestModel
from provisioner.core.kinds.tool import RESERVED, ToolModel
from provisioner.core.kinds.vector_store import VectorStoreModel


class Kind(Struct, frozen=True, dict=True):
    """A kind of manifest entries. `name` is the first word of addresses of this kind, and `section` is the key of the
    entries in a manifest. `model` is the pydantic model for one entry, and `summary` is a description of the kind.

    `reserved` are names that no entry may have, because they have another meaning already.
    """

    name: str
    section: str
    model: Any
    summary: str
    reserved: frozenset[str] = frozenset()

    @cached_property
    def adapter(self) -> TypeAdapter[Any]:
        """The adapter that validates an entry. It is built when it is first used."""
        return TypeAdapter(self.model)


KINDS: tuple[Kind, ...] = (
    Kind(FILE_KIND.name, FILE_KIND.section, FileModel, "A file that is uploaded."),
    Kind(
        VECTOR_STORE_KIND.name, VECTOR_STORE_KIND.section, VectorStoreModel, "Files that file_search finds passages in."
    ),
    Kind(SKILL_KIND.name, SKILL_KIND.section, SkillModel, "A folder with instructions and scripts for a shell."),
    Kind(INSTRUCTIONS_KIND.name, INSTRUCTIONS_KIND.section, FragmentModel, "A fragment of instructions."),
    Kind(TOOL_KIND.name, TOOL_KIND.section, ToolModel, "A tool that several assistants share.", RESERVED),
    Kind(ASSISTANT_KIND.name, ASSISTANT_KIND.section, AssistantModel, "An assistant."),
    Kind(
        TEST_KIND.name,
        TEST_KIND.section,
        TestModel,
        "A test of an assistant, which `provision test` runs. Tests never change a plan.",
    ),
)
SECTIONS = {kind.section: kind for kind in KINDS}
