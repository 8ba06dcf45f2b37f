"""Defines the targets. A target is an API for which an assistant can be made. A new target needs a module, and an entry
in TARGETS.
"""

from __future__ import annotations

from provisioner.openai_api.targets.agents import AgentsTarget
from provisioner.openai_api.targets.assistants import AssistantsTarget
from provisioner.openai_api.targets.responses import ResponsesTarget
from provisioner.openai_api.targets.target import Target

TARGETS: dict[str, Target] = {target.name: target for target in (ResponsesTarget(), AgentsTarget(), AssistantsTarget())}

__all__ = ["TARGETS", "Target"]
