"""Removes values from a manifest entry: values that no manifest can contain, and values that the entry's target (the
API that an assistant is made for) cannot express. The pydantic models of the kinds and the targets decide which values
these are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from provisioner.core.assistant_fields import OURS
from provisioner.core.kinds import Kind
from provisioner.core.resource import AssistantSpec, Problem
from provisioner.manifest.json_schemas.schemas import flaws
from provisioner.manifest.parsing.document import Steps
from provisioner.manifest.validation.error_messages import describe_error, missing
from provisioner.manifest.validation.fieldnames import without_tags
from provisioner.manifest.writing.paths import existing, remove, spell_path, value_at
from provisioner.openai_api.targets import TARGETS

#: The most times that an entry is checked. Each check except the last one removes at least one value.
ROUNDS = 200
#: The target that can express every model, and tools of any size.
RESPONSES = "responses"


def remove_invalid(kind: Kind, entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Removes from a manifest entry every value that the pydantic model of the entry's kind refuses. Yields (path,
    reason) for each removed value. If an error is about the entry as a whole, all fields are removed, and the path is
    empty.
    """
    for _ in range(ROUNDS):
        try:
            kind.entry.adapter.validate_python(entry)
        except ValidationError as invalid:
            # The last error is the one whose removal changes no index of another one.
            error = invalid.errors(include_url=False)[-1]
            path = existing(entry, without_tags(kind.entry.model, error["loc"]))
            if not path:
                reason = _reason(error, entry)
                entry.clear()
                yield "", reason
                return
            yield spell_path(path), _reason(error, value_at(entry, path))
            remove(entry, path)
        else:
            return


def remove_unsound_schemas(entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Removes from a manifest entry the function tools whose parameters the API refuses. If the API accepts the
    parameters without `strict`, only the field `strict` is removed. Yields (path, reason) for each removal.
    """
    tools = list(entry.get("tools") or ())
    for index in reversed(range(len(tools))):
        for field, reason in loosened(tools[index]):
            yield f"tools[{index}].{field}", reason
            if field == "parameters":
                remove(entry, ("tools", index))


def loosened(tool: Any) -> Iterator[tuple[str, str]]:
    """Removes `strict` from a function tool if the API accepts the tool's parameters only without `strict`, and then
    yields (`strict`, reason). If the API refuses the parameters in both cases, yields (`parameters`, reason). Otherwise
    yields nothing.
    """
    if reason := unsound(tool):
        if tool.get("strict") and unsound({**tool, "strict": False}) is None:
            del tool["strict"]
            yield "strict", reason
        else:
            yield "parameters", reason


def unsound(tool: Any) -> str | None:
    """Returns why the API refuses the parameters of a function tool, or None if the API accepts them."""
    if not isinstance(tool, Mapping) or not isinstance(schema := tool.get("parameters"), dict):
        return None
    for flaw in flaws(schema, bool(tool.get("strict")), optional=True):
        if flaw.severity == "error":
            return f"{spell_path(flaw.path)}: {flaw.message}" if flaw.path else flaw.message
    return None


def remove_inexpressible(entry: dict[str, Any], target: str) -> Iterator[tuple[str, str]]:
    """Removes from an assistant's entry every value that the target (an API) cannot express. Yields (path, reason) for
    each removed value.

    If a target other than `responses` refuses the model or the whole list of tools, or something that is no value of
    the entry, nothing is removed for this reason. The target is changed instead: the entry gets `target: responses`.
    Then every value that `responses` cannot express is removed.
    """
    for _ in range(ROUNDS):
        problem = max(_errors(entry, target), key=_index, default=None)
        if problem is None:
            return
        path = existing(entry, _as_written(problem.path))
        if path == ("tools",) or not path or path == ("model",):
            if target != RESPONSES:
                yield from _move_to_responses(entry, problem)
                return
            if not path:
                return  # The problem is in no value of the entry, so nothing can be removed.
        yield spell_path(path), problem.message
        remove(entry, path)


def _index(problem: Problem) -> int:
    """Returns the index of the tool in which a problem is, or -1 if the problem is not in a tool. The tool with the
    largest index is removed first, so that the indexes of the other tools stay correct.
    """
    step = problem.path[1] if problem.path[:1] == ("tools",) and len(problem.path) > 1 else -1
    return step if isinstance(step, int) else -1


def _move_to_responses(entry: dict[str, Any], problem: Problem) -> Iterator[tuple[str, str]]:
    yield spell_path(problem.path), f"{problem.message}; `target: {RESPONSES}` is written for it instead"
    entry["target"] = RESPONSES
    yield from remove_inexpressible(entry, RESPONSES)


def _errors(entry: dict[str, Any], target: str) -> list[Problem]:
    problems = TARGETS[target].express(_spec(entry)).problems
    return [problem for problem in problems if problem.severity == "error"]


def _spec(entry: Mapping[str, Any]) -> AssistantSpec:
    """Returns the assistant in a manifest entry as an `AssistantSpec`, the form that is converted to the format of an
    API. The `AssistantSpec` contains names of resources in the place of ids.
    """
    fields = {key: value for key, value in entry.items() if key in ("name", "description") or key not in OURS}
    fields.setdefault("name", "name")
    if "tools" in fields:
        fields["tools"] = [_long(tool) for tool in fields["tools"]]
    environment = entry.get("environment")
    if environment:
        environment = {key: value for key, value in environment.items() if key != "files"}
    return AssistantSpec("name", fields, environment, entry.get("extra") or {}, entry.get("agents") or {})


def _long(tool: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"type": tool} if isinstance(tool, str) else {k: v for k, v in tool.items() if k != "extra"}
    if "vector_stores" in made:
        made["vector_store_ids"] = made.pop("vector_stores")
    if made["type"] == "code_interpreter":
        made.setdefault("container", {"type": "auto"})
    for field in ("container", "environment"):
        container = made.get(field)
        if isinstance(container, Mapping):
            container = {"type": "auto", **container} if field == "container" else dict(container)
            if "files" in container:
                container["file_ids"] = [str(file) for file in container.pop("files")]
            made[field] = container
    return made


def _as_written(path: Steps) -> Steps:
    spelled = {"vector_store_ids": "vector_stores", "file_ids": "files"}
    return tuple(spelled.get(step, step) if isinstance(step, str) else step for step in path)


def _reason(error: ErrorDetails, removed: Any) -> str:
    """Returns the reason why the value `removed` is removed. `error` is the pydantic error about this value. If the
    error is a missing field, `removed` is the mapping in which the field is missing.
    """
    name = str(error["loc"][-1])
    if error["type"] == "missing":
        return missing(name, removed)
    if error["type"] == "extra_forbidden":
        return f"no manifest has a field `{name}` here; if the API takes it, write it below `extra:`"
    return describe_error(error)
