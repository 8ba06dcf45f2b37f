"""Gives advice about fields whose names come from other APIs, or from the JSON of an object at the API.

Each advice says what to write or to remove. Names in uppercase and `…` in an advice are placeholders.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from provisioner.core.assistant_fields import AGENT_FIELDS
from provisioner.manifest.validation.toolforms import tool_form

#: A path of a prompt or a schema file.
PATH = re.compile(r"[^\s\"'{}]+\.(?:md|txt|markdown|prompt|ya?ml|json)")
SEARCH = "`{type: file_search, vector_stores: [NAME]}`"
#: Fields that the API sets itself. The JSON of an object from the API contains them.
GIVEN = frozenset(
    {"object", "created_at", "created", "updated_at", "status", "status_details", "last_error", "usage_bytes", "bytes"}
    | {"file_counts", "last_active_at", "expires_at", "completed_at", "deleted", "owned_by", "etag", "version"}
)
IDS = frozenset({"id", "assistant_id", "agent_id", "file_id", "vector_store_id"})
#: Fields of Chat Completions and of runs that have no counterpart in the Responses API.
WITHOUT_COUNTERPART = frozenset(
    {"n", "stop", "seed", "logit_bias", "presence_penalty", "frequency_penalty", "max_prompt_tokens"}
)
PER_RUN = frozenset({"messages", "thread_id", "thread", "run_id", "additional_messages", "additional_instructions"})
INSTRUCTIONS = frozenset(
    {"prompt", "system", "system_prompt", "system_message", "system_instruction", "system_instructions"}
    | {"developer_message", "instruction", "prompt_text"}
)
INSTRUCTIONS_FILE = frozenset(
    {"instructions_file", "instruction_file", "instructions_path", "prompt_file", "prompt_path", "system_prompt_file"}
)
RENAMED_MODELS = frozenset({"model_id", "model_name", "engine", "deployment"})
SIMPLE = {
    "reasoning_effort": "the Responses API calls it `reasoning: {effort: …}`",
    "max_completion_tokens": "the Responses API calls it `max_output_tokens`",
    "max_tokens": "the Responses API calls it `max_output_tokens`",
    "protect": "write `lifecycle: {protect: true}`",
    "variables": "variables belong to a fragment: `{text: …, variables: {…}}`",
    "functions": "write each function under `tools:`, as `{type: function, name: …, parameters: {…}}`",
    "function_call": "the Responses API calls it `tool_choice`",
}
#: The type of a tool by the names that other APIs use for the tool.
TYPES = {
    "retrieval": "file_search",
    "browser": "web_search",
    "browsing": "web_search",
    "web_browser": "web_search",
    "web_browsing": "web_search",
    "dalle": "image_generation",
    "python": "code_interpreter",
}


def advise_field(name: str, value: Any, owner: Mapping[str, Any], known: Collection[str]) -> str | None:
    """Returns advice about a field whose name is known from another API. The advice says what to write instead. Returns
    None for any other field. `name` and `value` are the field, `owner` is the mapping that contains the field, and
    `known` are the fields that `owner` may contain.
    """
    if is_nested(name, value, owner):
        return f"write its fields beside `type`: {tool_form(name, [*(key for key in owner if key != name), *value])}"
    if advice := _advise_members(name, value, known):
        return advice
    if name in GIVEN or name in IDS:
        given = "the API gives an object its id, which is kept in the state" if name in IDS else "the API gives it"
        return f"{given}; remove it"
    return _advise_assistant(name, value) if is_assistant(known) else SIMPLE.get(name)


def is_nested(name: str, value: Any, owner: Mapping[str, Any]) -> bool:
    """Returns whether the field `name` is named like the type of its tool `owner` and contains a mapping with the
    tool's fields, as in `{type: x, x: {…}}`. `value` is the value of the field.
    """
    return isinstance(value, Mapping) and owner.get("type") == name


def is_assistant(known: Collection[str]) -> bool:
    """Returns whether the fields in `known` are the fields of an assistant."""
    return "tools" in known and "instructions" in known


def advise_type(name: str) -> str | None:
    """Returns advice on what to write for a tool that other APIs call `name`. Returns None if no other API is known to
    use this name.
    """
    known = TYPES.get(name)
    if known is None:
        return None
    return f"it is called `{known}` here; write {SEARCH if known == 'file_search' else f'`{{type: {known}}}`'}"


def _advise_members(name: str, value: Any, known: Collection[str]) -> str | None:
    """Returns advice about a field that lists files or vector stores in the form of another API, such as `file_ids`.
    The advice says where a manifest contains this list: in another field, in a tool or in a store. Returns None for any
    other field, and if no advice is known. `known` are the fields that the mapping around the field may contain.
    """
    if name in ("vector_store_ids", "vector_store_id", "vector_stores"):
        if "vector_stores" in known:
            return "write `vector_stores: [NAME]`; names and raw ids (`vs_…`) both go there"
        return f"stores belong to a tool: `tools: [{SEARCH[1:-1]}]`" if is_assistant(known) else None
    if name not in ("file_ids", "files", "tool_resources"):
        return None
    if name == "file_ids" and "files" in known:
        return "write `files: […]`; paths, `{file: NAME}` and raw ids (`file-…`) go there"
    shown = _items(value)
    if "container" in known:
        return f"write `container: {{files: {shown}}}`"
    if is_assistant(known):
        return _advise_resources(value, shown) if name == "tool_resources" else _advise_files(shown)
    if "max_num_results" in known:
        return f"files to search in belong to a store: `vector_stores: {{NAME: {{files: {shown}}}}}`"
    return None


def _advise_files(shown: str) -> str:
    return (
        f"files belong to tools. For code: `{{type: code_interpreter, container: {{files: {shown}}}}}`. To search in "
        f"them, declare a store, `vector_stores: {{NAME: {{files: {shown}}}}}`, and write {SEARCH}"
    )


def _advise_resources(value: Any, shown: str) -> str:
    if not value:
        return "remove it: files and stores are given to the tools"
    code = "`{type: code_interpreter, container: {files: […]}}`"
    return f"give files and stores to the tools: {SEARCH}, {code}"


def _items(value: Any) -> str:
    """Returns a list for display in advice. The list contains the first item of `value` if this item is a short id or
    path, and otherwise `PATH`.
    """
    first = value[0] if isinstance(value, Sequence) and not isinstance(value, str) and value else None
    is_short = isinstance(first, str) and re.fullmatch(r"[\w./-]{1,60}", first)
    return f"[{first}{', …' if len(value) > 1 else ''}]" if is_short else "[PATH]"


def _advise_assistant(name: str, value: Any) -> str | None:
    if name == "response_format":
        return _advise_format(value)
    if name in INSTRUCTIONS_FILE:
        return f"write `instructions: [{{file: {_path(value)}}}]`"
    if name in INSTRUCTIONS and not isinstance(value, Mapping):
        is_path = isinstance(value, str) and PATH.fullmatch(value.lstrip("@"))
        return f"write `instructions: {f'[{{file: {_path(value)}}}]' if is_path else '…'}`"
    if name in RENAMED_MODELS:
        return "write `model: …`"
    if name in WITHOUT_COUNTERPART:
        return "the Responses API has nothing like it; remove it"
    if name in PER_RUN:
        return "it is given with each call, not configured; remove it, and pass it when you call the API"
    if name in AGENT_FIELDS:
        return f"only agents have it; write `agents: {{{name}: {{…}}}}`"
    return SIMPLE.get(name)


def _path(value: Any) -> str:
    return value.lstrip("@") if isinstance(value, str) and PATH.fullmatch(value) and len(value) <= 100 else "PATH"


def _advise_format(value: Any) -> str:
    kind = value.get("type") if isinstance(value, Mapping) else value
    if kind is None or kind == "auto":
        return "remove it: without it, the answer is text"
    if kind in ("text", "json_object"):
        return f"the Responses API calls it `text: {{format: {{type: {kind}}}}}`"
    return "the Responses API calls it `text: {format: {type: json_schema, name: NAME, schema: {…}}}`"
