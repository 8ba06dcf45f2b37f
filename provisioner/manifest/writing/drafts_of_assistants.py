"""Makes drafts (manifest entries with a report on each field) from assistants of the Assistants API, versions 1 and 2.
For an apply, the target `assistants` converts manifest entries to assistants.

Source: `types/beta/assistant.py` in openai-python 3.51 and, for version 1 (`file_ids`, `retrieval`), in openai-python
1.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.manifest.writing.draft import Draft, filled
from provisioner.manifest.writing.outcomes import Outcome
from provisioner.openai_api.targets import assistants

#: The values that the API returns for fields of an assistant that nobody has set.
DEFAULTS: Mapping[str, Any] = {
    "temperature": 1.0,
    "top_p": 1.0,
    "response_format": "auto",
    "tool_resources": {"code_interpreter": {"file_ids": []}, "file_search": None},
}
RANKING: Mapping[str, Any] = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
#: The suffix that an assistant's key gets as the key of the vector store that replaces the files of its `retrieval`
#: tool.
STORE_OF_FILES = "#files"


def draft_assistant(draft: Draft) -> None:
    """Fills the draft of an assistant: its manifest entry, and the report on its fields. The files of an assistant of
    version 1 become files of the code interpreter, or of a vector store for file search.
    """
    draft.drop_unread()
    draft.drop_given()
    files = draft.left.pop("file_ids", None) or []
    resources = draft.left.pop("tool_resources", None) or {}
    if not isinstance(resources, Mapping):
        draft.say("tool_resources", Outcome.HOMELESS, reason="a mapping is expected here")
        resources = {}
    tools = draft.take_tools()
    draft.drop_defaults(DEFAULTS)
    for name in assistants.FIELDS:
        if name != "metadata":
            draft.carry(name)
    _place_tools(draft, tools, resources, files)
    draft_text_and_reasoning(draft)
    draft.carry_metadata()


def draft_text_and_reasoning(draft: Draft) -> None:
    """Moves `response_format` and `reasoning_effort` into the entry, as `text.format` and `reasoning.effort`."""
    format_ = draft.left.pop("response_format", None)
    if format_ == "auto":
        draft.say("response_format", Outcome.DEFAULT)
    elif format_ is not None:
        draft.place("response_format", flat_format(format_), ("text", "format"))
    if (effort := draft.left.pop("reasoning_effort", None)) is not None:
        draft.place("reasoning_effort", effort, ("reasoning", "effort"))


def flat_format(format_: Any) -> Any:
    """Returns a `response_format` of the Assistants API in the format of `text.format`. The fields below `json_schema`
    move up one level.
    """
    if isinstance(format_, str):
        return {"type": format_}
    if isinstance(format_, Mapping) and isinstance(inner := format_.get("json_schema"), Mapping):
        return {"type": "json_schema", **filled(inner)}
    return format_


def flat_function(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a function tool in the format of the Responses API. The fields below `function` move up one level."""
    inner = tool.get("function")
    if not isinstance(inner, Mapping):
        return filled(tool)
    rest = filled(tool)
    del rest["function"]
    return {"type": "function", **filled(inner), **{key: value for key, value in rest.items() if key != "type"}}


def _place_tools(draft: Draft, tools: list[Any], resources: Mapping[str, Any], files: list[Any]) -> None:
    found: list[Any] = []
    for index, tool in enumerate(tools):
        made = _tool(draft, tool, f"tools[{index}]")
        if made is not None:
            found.append(made)
    code = list(files) + list((resources.get("code_interpreter") or {}).get("file_ids") or [])
    stores = list((resources.get("file_search") or {}).get("vector_store_ids") or [])
    if files and any(_kind(tool) == "retrieval" for tool in tools):
        stores.append(draft.found.key + STORE_OF_FILES)
    _give(draft, found, "code_interpreter", code, files)
    _give(draft, found, "file_search", stores, files)
    for index, store in enumerate((resources.get("file_search") or {}).get("vector_stores") or []):
        path = f"tool_resources.file_search.vector_stores[{index}]"
        draft.say(
            path, Outcome.HOMELESS, reason=f"the store is made with the call; declare one with its files, {store}"
        )
    if found:
        draft.entry["tools"] = found


def _give(draft: Draft, found: list[Any], kind: str, ids: list[Any], files: list[Any]) -> None:
    """Writes `ids`, the ids of files or vector stores, into the assistant's tool of the type `kind`. `found` are the
    tools of the entry. If no tool has this type, reports that no tool uses the ids.

    `files` are the files of an assistant of version 1 of the Assistants API. If such an assistant has no code
    interpreter, nothing is reported for its files: they are expected to be those of the tool `retrieval`, which become
    a vector store.
    """
    if not ids:
        return
    path = {"code_interpreter": "tool_resources.code_interpreter.file_ids"}.get(
        kind, "tool_resources.file_search.vector_store_ids"
    )
    path = "file_ids" if files else path
    for index, tool in enumerate(found):
        if _kind(tool) == kind:
            whole = {"type": kind} if isinstance(tool, str) else tool
            if kind == "code_interpreter":
                whole["container"] = {"files": list(dict.fromkeys(ids))}
            else:
                whole["vector_stores"] = ids
            found[index] = whole
            to = "container.files" if kind == "code_interpreter" else "vector_stores"
            draft.say(path, Outcome.MOVED, f"tools[{index}].{to}")
            return
    if kind == "code_interpreter" and files:
        return  # The files are those of `retrieval`, and are in its store.
    draft.say(path, Outcome.HOMELESS, reason=f"no tool of the assistant reads it: it has no {kind}")


def _kind(tool: Any) -> str:
    return tool if isinstance(tool, str) else str(tool.get("type")) if isinstance(tool, Mapping) else ""


def _tool(draft: Draft, tool: Any, path: str) -> Any:
    if isinstance(tool, str):
        tool = {"type": tool}
    if not isinstance(tool, Mapping):
        draft.say(path, Outcome.HOMELESS, reason="it is no tool; write it by hand")
        return None
    kind = _kind(tool)
    if kind == "retrieval":
        draft.say(f"{path}.type", Outcome.MOVED, f"{path}.type", "`retrieval` is called `file_search` now")
        return {"type": "file_search"}
    if kind == "file_search":
        return _search(draft, tool, path)
    if kind == "function":
        made = flat_function(tool)
        nested = isinstance(tool.get("function"), Mapping)
        draft.say(
            f"{path}.function" if nested else path,
            Outcome.MOVED if nested else Outcome.CARRIED,
            path if nested else None,
        )
        if draft.found.is_echo and made.get("strict") is False:
            del made["strict"]
            draft.say(f"{path}.function.strict", Outcome.DEFAULT)
        return made
    draft.say(path, Outcome.CARRIED)
    rest = filled(tool)
    return kind if set(rest) == {"type"} and kind == "code_interpreter" else rest


def _search(draft: Draft, tool: Mapping[str, Any], path: str) -> dict[str, Any]:
    made: dict[str, Any] = {"type": "file_search"}
    options = tool.get("file_search")
    options = filled(options) if isinstance(options, Mapping) else {}
    draft.say(path, Outcome.CARRIED)
    if "ranking_options" in options:
        ranking = _ranking(draft, options.pop("ranking_options"), f"{path}.file_search.ranking_options")
        options |= {"ranking_options": ranking} if ranking else {}
    for name, value in options.items():
        made[name] = filled(value) if isinstance(value, Mapping) else value
        draft.say(f"{path}.file_search.{name}", Outcome.MOVED, f"{path}.{name}")
    return made


def _ranking(draft: Draft, given: Any, path: str) -> dict[str, Any]:
    """Returns the ranking options `given` of a file search. `path` is the path of the options in the found object. If
    the API returned the object, the default ranker is left out and reported. If all options are defaults, the result is
    empty. Otherwise a threshold stays even if it is the default, because the API requires a threshold in ranking
    options.
    """
    if not isinstance(given, Mapping):
        draft.say(path, Outcome.HOMELESS, reason="a mapping is expected here")
        return {}
    ranking = filled(given)
    if draft.found.is_echo and ranking and {**RANKING, **ranking} == dict(RANKING):
        draft.say(path, Outcome.DEFAULT)
        return {}
    if draft.found.is_echo and ranking.get("ranker") == RANKING["ranker"]:
        del ranking["ranker"]
        draft.say(f"{path}.ranker", Outcome.DEFAULT)
    return ranking
