"""Names the target of each type of object that assistants become. The targets themselves are in `openai_api.targets`;
importing them takes longer, because they import the models of manifests.
"""

from __future__ import annotations

from provisioner.core.objecttype import AGENT, ASSISTANT, DEFINITION

#: The name of the target for each type of object that assistants become, such as `agents` for `agent`.
TARGET_OF: dict[str, str] = {DEFINITION.name: "responses", AGENT.name: "agents", ASSISTANT.name: "assistants"}
