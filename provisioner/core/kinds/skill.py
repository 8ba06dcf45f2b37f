"""Defines the pydantic model for skills. A skill is a folder with a SKILL.md. A model can use a skill in each shell or
environment template that lists it.

Source: `resources/skills/` in openai-python 3.57, OpenAI's guide to skills, and https://agentskills.io/specification.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from provisioner.core.kinds.model import Filled, LifecycleModel, Model


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
