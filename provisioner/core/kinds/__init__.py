"""Defines the kinds of entries that manifests declare. The parser, the JSON Schema and the docs are made from the table
`KINDS`.

A new kind needs one file with its model, one entry in `KINDS`, and one in `MODELS` of the module `models`.
"""

from __future__ import annotations

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
from provisioner.core.kinds.entry_model import EntryModel, model_of
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


KINDS: tuple[Kind, ...] = (
    Kind(FILE_KIND.name, FILE_KIND.section, model_of(FILE_KIND.section, common.File), "A file that is uploaded."),
    Kind(
        VECTOR_STORE_KIND.name,
        VECTOR_STORE_KIND.section,
        model_of(VECTOR_STORE_KIND.section, common.VectorStore),
        "Files that file_search finds passages in.",
    ),
    Kind(
        SKILL_KIND.name,
        SKILL_KIND.section,
        model_of(SKILL_KIND.section, common.Skill),
        "A folder with instructions and scripts for a shell.",
    ),
    Kind(
        INSTRUCTIONS_KIND.name,
        INSTRUCTIONS_KIND.section,
        model_of(INSTRUCTIONS_KIND.section, common.Fragment),
        "A fragment of instructions.",
    ),
    Kind(
        TOOL_KIND.name,
        TOOL_KIND.section,
        model_of(TOOL_KIND.section, common.Tool),
        "A tool that several assistants share.",
        RESERVED,
    ),
    Kind(
        ASSISTANT_KIND.name, ASSISTANT_KIND.section, model_of(ASSISTANT_KIND.section, common.Assistant), "An assistant."
    ),
    Kind(
        TEST_KIND.name,
        TEST_KIND.section,
        model_of(TEST_KIND.section),
        "A test of an assistant, which `provision test` runs. Tests never change a plan.",
    ),
)
SECTIONS = {kind.section: kind for kind in KINDS}
