"""Implements the target `assistants`: an assistant of the Assistants API v2, for servers that still have this API.

Source: `types/beta/assistant_create_params.py` in openai-python 3.51. api.openai.com returns 404 for all requests of
this API since 2026-08-26. Compatible servers may still support it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from provisioner.core.objecttype import ASSISTANT
from provisioner.core.resource import AssistantSpec, Expression, Problem
from provisioner.openai_api.targets.descriptions import find_long_descriptions
from provisioner.openai_api.targets.newer import fields_of, newer_than_known
from provisioner.openai_api.targets.options import find_option_problems, find_sampling_problems
from provisioner.openai_api.targets.target import Path, container_files, find_unsent, refuse, tools_of

FIELDS = ("model", "name", "description", "instructions", "metadata", "temperature", "top_p")
TRANSLATED = ("tools", "text", "reasoning")
FILES, STORES = 20, 1
FUNCTION_FIELDS = ("name", "description", "parameters", "strict")
SEARCH_FIELDS = ("max_num_results", "ranking_options")
RANKERS = ("auto", "default_2024_08_21")


class AssistantsTarget:
    """Converts assistants to objects of the Assistants API v2. The server stores these objects."""

    name = "assistants"
    type = ASSISTANT.name
    marks = 2

    def express(self, spec: AssistantSpec) -> Expression:
        """Converts the assistant `spec` to an assistant of the Assistants API, in the form of the API request. The
        field `tool_resources` contains the files and vector stores of its tools. The result also contains the problems
        that were found.
        """
        fields = spec.fields
        inputs: dict[str, Any] = {key: fields[key] for key in FIELDS if key in fields}
        inputs.setdefault("instructions", None)
        inputs["tools"] = [_express_tool(tool) for tool in fields.get("tools") or ()]
        if resources := _express_resources(fields):
            inputs["tool_resources"] = resources
        if (format_ := (fields.get("text") or {}).get("format")) is not None:
            inputs["response_format"] = _express_format(format_)
        if "effort" in (fields.get("reasoning") or {}):
            inputs["reasoning_effort"] = fields["reasoning"]["effort"]
        inputs |= spec.extra
        return Expression(self.type, inputs, problems=tuple(_problems(spec)))


def _express_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the tool in the format of the Assistants API. The fields under `extra:` of the tool in the manifest are
    added.
    """
    newer = newer_than_known(tool)
    if tool["type"] == "function":
        kept = {key: tool[key] for key in FUNCTION_FIELDS if tool.get(key) is not None}
        return {"type": "function", "function": kept, **newer}
    if tool["type"] == "file_search":
        options = {key: tool[key] for key in SEARCH_FIELDS if tool.get(key) is not None}
        return {"type": "file_search", **({"file_search": options} if options else {}), **newer}
    return {"type": tool["type"], **newer}


def _express_resources(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the value of the field `tool_resources`. It contains an entry for the code interpreter with its files,
    and an entry for file_search if it has vector stores. `fields` are the fields of the assistant in the manifest. The
    list of files may be empty: it then removes the previous files of the assistant.
    """
    resources: dict[str, Any] = {}
    if any(tools_of(fields, "code_interpreter")):
        resources["code_interpreter"] = {"file_ids": container_files(fields)}
    if stores := _stores(fields):
        resources["file_search"] = {"vector_store_ids": stores}
    return resources


def _stores(fields: Mapping[str, Any]) -> list[Any]:
    """Returns the vector stores that file_search may search for an assistant. They come from the `vector_store_ids` of
    its file_search tools. `fields` are the fields of the assistant. If the result is empty, each thread uses its own
    vector store.
    """
    return [store for _, tool in tools_of(fields, "file_search") for store in tool.get("vector_store_ids") or ()]


def _express_format(format_: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the value of the field `response_format`. `format_` is the value of `text.format`. In `response_format`,
    a JSON schema is nested one level deeper than in `text.format`.
    """
    if format_.get("type") == "json_schema":
        return {"type": "json_schema", "json_schema": {key: format_[key] for key in format_ if key != "type"}}
    return dict(format_)


def _problems(spec: AssistantSpec) -> Iterator[Problem]:
    fields = spec.fields
    known = {*FIELDS, *TRANSLATED}
    yield from refuse(fields, [name for name in fields if name not in known], "assistants")
    yield from find_sampling_problems(fields)
    yield from find_option_problems(fields)
    yield from find_long_descriptions(fields, "error")
    yield from find_unsent(spec, "assistants")
    if spec.environment:
        yield Problem(("environment",), "`environment` is for the agents target; remove it, or use `target: agents`")
    if (fields.get("text") or {}).get("verbosity") is not None:
        yield Problem(("text", "verbosity"), "the Assistants API has no verbosity; remove it")
    for key, value in (fields.get("reasoning") or {}).items():
        if key != "effort" and value is not None:
            yield Problem(("reasoning", key), f"the Assistants API has no `reasoning.{key}`; remove it")
    for index, tool in enumerate(fields.get("tools") or ()):
        yield from _tool_problems(tool, ("tools", index))
    yield from _resource_problems(fields)


def _tool_problems(tool: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    kind = tool["type"]
    if kind == "file_search":
        if tool.get("filters") is not None:
            yield Problem((*path, "filters"), "the Assistants API has no filters; remove them")
        options = tool.get("ranking_options") or {}
        if options.get("hybrid_search") is not None:
            yield Problem((*path, "ranking_options"), "the Assistants API has no hybrid_search; remove it")
        if options.get("ranker") is not None and options["ranker"] not in RANKERS:
            message = "the Assistants API knows the rankers `auto` and `default_2024_08_21`; write one of them"
            yield Problem((*path, "ranking_options", "ranker"), message)
        if options and options.get("score_threshold") is None:
            yield Problem((*path, "ranking_options"), "the Assistants API needs a `score_threshold` here; add one")
    elif kind == "code_interpreter":
        yield from _code_problems(tool, path)
    elif kind == "function":
        yield from _refused(tool, FUNCTION_FIELDS, path, "functions")
    else:
        message = f"the Assistants API has no `{kind}` tool; use `target: responses` for this assistant"
        yield Problem(path, message)


def _refused(tool: Mapping[str, Any], known: Iterable[str], path: Path, what: str) -> Iterator[Problem]:
    """Yields a problem for each field of the tool that the Assistants API does not support. `known` are the names of
    the supported fields. Fields that are newer than this version of provision are ignored. `path` is the path of the
    tool in the manifest, and `what` is the name of the tool in messages.
    """
    for key in sorted(fields_of(tool["type"]) - {"type", *known}):
        if tool.get(key) is not None:
            yield Problem((*path, key), f"the Assistants API has no `{key}` on {what}; remove it")


def _code_problems(tool: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    yield from _refused(tool, ("container",), path, "code_interpreter")
    container = tool.get("container") or {}
    if isinstance(container, str):
        message = "the Assistants API takes no existing container; write its `files` here"
        yield Problem((*path, "container"), message)
        return
    if container.get("memory_limit") is not None:
        message = "the Assistants API chooses the memory itself: `memory_limit` is not sent"
        yield Problem((*path, "container", "memory_limit"), message, "warning")
    if (container.get("network_policy") or {}).get("type") == "allowlist":
        message = "the Assistants API gives code no network; remove `network_policy`"
        yield Problem((*path, "container", "network_policy"), message)


def _resource_problems(fields: Mapping[str, Any]) -> Iterator[Problem]:
    if len(files := container_files(fields)) > FILES:
        message = f"an assistant takes at most {FILES} code-interpreter files here, not {len(files)}; remove some"
        yield Problem(("tools",), message)
    stores = _stores(fields)
    if len(stores) > STORES:
        message = f"an assistant takes at most {STORES} vector store here, not {len(stores)}; merge them"
        yield Problem(("tools",), message)
