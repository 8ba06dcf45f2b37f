"""Maps each type of object that an assistant can become, such as `agent`, to the name of its target (the API that the
assistant is made for). The targets themselves are in `openai_api.targets`. Importing them takes longer, because they
import the models of manifests.
"""

from __future__ import annotations

from provisioner.core.objecttype import AGENT, ASSISTANT, DEFINITION

#: The name of the target for each type of object that assistants become, such as `agents` for `agent`.
TARGET_OF: dict[str, str] = {DEFINITION.name: "responses", AGENT.name: "agents", ASSISTANT.name: "assistants"}
