"""Makes drafts (manifest entries) from the arguments of `responses.create`, and from function tools without an
assistant.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.core.assistant_fields import OURS, PER_CALL
from provisioner.core.kinds.assistant import AssistantModel
from provisioner.manifest.writing.draft import Draft, filled
from provisioner.manifest.writing.drafts_of_assistants import draft_text_and_reasoning, flat_function
from provisioner.manifest.writing.outcomes import Outcome

#: The arguments of the SDK's methods that configure only the HTTP request.
REQUEST_OPTIONS = frozenset({"extra_headers", "extra_query", "timeout"})
#: The day on which OpenAI ends prompt objects. No API returns these objects.
PROMPTS_END = "2026-11-30"


def draft_definition(draft: Draft) -> None:
    """Fills the draft of an assistant (its manifest entry, and the report on its fields) from the arguments of a call
    of `responses.create`.
    """
    _take_prompt(draft)
    for name in sorted((PER_CALL | REQUEST_OPTIONS) & draft.left.keys()):
        del draft.left[name]
        draft.say(name, Outcome.HOMELESS, reason="it is given with each call, and is not configured")
    draft.drop_unread()
    tools = draft.take_tools()
    if (extra := draft.left.pop("extra_body", None)) is not None:
        draft.place("extra_body", extra, ("extra",))
    draft.drop_defaults({})
    draft_text_and_reasoning(draft)
    for name in AssistantModel.model_fields:
        if name != "metadata" and (name in ("name", "description") or name not in OURS):
            draft.carry(name)
    made = [_tool(draft, tool, f"tools[{index}]") for index, tool in enumerate(tools)]
    if made:
        draft.entry["tools"] = made
    draft.carry_metadata()


def draft_tool(draft: Draft) -> None:
    """Fills the draft of a function tool: its manifest entry, and the report on its fields. The tool may be in the
    format of Chat Completions, with its fields below `function`.
    """
    draft.drop_unread()
    nested = isinstance(draft.left.get("function"), Mapping)
    made = flat_function(draft.left)
    made = {"type": made.pop("type", "function"), **made}
    draft.left.clear()
    draft.entry |= made
    for name in made:
        path = f"function.{name}" if nested and name != "type" else name
        draft.say(path, Outcome.CARRIED if path == name else Outcome.MOVED, None if path == name else name)


def _take_prompt(draft: Draft) -> None:
    prompt = draft.left.pop("prompt", None)
    if prompt is None:
        return
    given = prompt if isinstance(prompt, Mapping) else {"id": prompt}
    version = f", version {_shown(given['version'])}" if given.get("version") is not None else ""
    where = f"`{draft.found.name or 'this assistant'}`"
    reason = (
        f"no API returns the prompt {_shown(given.get('id'))}{version}: copy its text from the dashboard into "
        f"`instructions:` of {where}, with its model and tools; prompt objects end on {PROMPTS_END}"
    )
    draft.say("prompt", Outcome.HOMELESS, reason=reason)
    if given.get("variables"):
        draft.say(
            "prompt.variables", Outcome.HOMELESS, reason="write them as `variables:` of the fragment with the text"
        )


def _shown(value: Any) -> str:
    text = getattr(value, "text", value)
    return f"`{text}`" if text else "without an id"


def _tool(draft: Draft, tool: Any, path: str) -> Any:
    if not isinstance(tool, Mapping):
        draft.say(path, Outcome.CARRIED)
        return tool
    made = flat_function(tool)
    draft.say(path, Outcome.CARRIED)
    if "vector_store_ids" in made:
        made = {("vector_stores" if key == "vector_store_ids" else key): value for key, value in made.items()}
        draft.say(f"{path}.vector_store_ids", Outcome.MOVED, f"{path}.vector_stores")
    for field in ("container", "environment"):
        container = made.get(field)
        if isinstance(container, Mapping):
            made[field] = _container(draft, filled(container), f"{path}.{field}", implied=field == "container")
    if made == {"type": "code_interpreter", "container": {}}:
        return "code_interpreter"
    return made


def _container(draft: Draft, container: dict[str, Any], path: str, *, implied: bool) -> dict[str, Any]:
    if implied and container.get("type") == "auto":
        del container["type"]
    if "file_ids" in container:
        container["files"] = container.pop("file_ids")
        draft.say(f"{path}.file_ids", Outcome.MOVED, f"{path}.files")
    return container
