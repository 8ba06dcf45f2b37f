"""The targets. A new one is one module, and one line here."""

from __future__ import annotations

from provisioner.targets.agents import AgentsTarget
from provisioner.targets.assistants import AssistantsTarget
from provisioner.targets.responses import ResponsesTarget
from provisioner.targets.target import Target

TARGETS: dict[str, Target] = {target.name: target for target in (ResponsesTarget(), AgentsTarget(), AssistantsTarget())}

__all__ = ["TARGETS", "Target"]
