"""Defines the pydantic model for skills. A skill is a folder with a SKILL.md. A model can use a skill in each shell or
environment template that lists it.

Source: `resources/skills/` in openai-python 3.57, OpenAI's guide to skills, and https://agentskills.io/specification.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field

from provisioner.core.kinds.model import Filled, LifecycleModel, Model

#: The name of the file that every skill has once, in uppercase or lowercase. The YAML front matter of this file holds
#: the skill's name and description.
SKILL_FILE = "SKILL.md"
#: The pattern of a skill's name in the specification of skills, and the largest numbers of characters in a name and a
#: description.
SKILL_NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LONGEST_NAME = 64
LONGEST_DESCRIPTION = 1024
#: The largest number of files in one version of a skill, of bytes in one file, and of bytes in the archive that is
#: uploaded.
MOST_FILES = 500
MOST_FILE_BYTES = 25 * 1024 * 1024
MOST_ARCHIVE_BYTES = 50 * 1024 * 1024


class SkillModel(Model):
    """A skill: a folder with a SKILL.md. When a file in the folder changes, a new version of the skill is uploaded. The
    id of the skill does not change.
    """

    path: Filled = Field(description="The folder that contains SKILL.md, relative to this manifest.")
    exclude: list[Filled] | None = Field(
        None, description="Paths or globs of files that are left out; for a folder, everything below it."
    )
    lifecycle: LifecycleModel | None = Field(None, description="How it may change.")


class NamedSkill(Model):
    """A reference to a skill that is declared under `skills:`."""

    skill: Filled = Field(description="The name under `skills:`.")
    version: Literal["latest"] | None = Field(
        None, description="`latest` for the newest version, also one of others; if it is left out, the default version."
    )
