"""Contains the pydantic models of the entries of manifests. Importing this module takes long, so only `entry_model`
imports it, when a model is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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
from provisioner.core.kinds.imported import ImportModel
from provisioner.core.kinds.included import IncludeModel
from provisioner.core.kinds.instructions import FragmentModel
from provisioner.core.kinds.readdressed import MoveModel, RemovalModel
from provisioner.core.kinds.skill import SkillModel
from provisioner.core.kinds.test import TestModel
from provisioner.core.kinds.tool import ToolModel
from provisioner.core.kinds.variable import VariableModel
from provisioner.core.kinds.vector_store import VectorStoreModel

#: The model of an entry, by the section of manifests that contains the entry.
MODELS: Mapping[str, Any] = {
    FILE_KIND.section: FileModel,
    VECTOR_STORE_KIND.section: VectorStoreModel,
    SKILL_KIND.section: SkillModel,
    INSTRUCTIONS_KIND.section: FragmentModel,
    TOOL_KIND.section: ToolModel,
    ASSISTANT_KIND.section: AssistantModel,
    TEST_KIND.section: TestModel,
    # The keys in the module `sections`, which cannot be imported here, because it refers to these models.
    "variables": VariableModel,
    "include": IncludeModel,
    "imports": ImportModel,
    "moved": MoveModel,
    "removed": RemovalModel,
}
