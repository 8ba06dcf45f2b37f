"""No field of a tool is dropped in silence: the SDK's types are walked, and each target must answer for each field.

A field is expressed where two values of it, or its presence and its absence, lead to two different expressions.
Otherwise there is a problem with it: an error, or a loss that is reported.
"""

from __future__ import annotations

import collections.abc
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NotRequired, Required, Union, get_args, get_origin

import pytest
from openai.types.beta.agents.environments.template_create_params import TemplateCreateParams
from openai.types.beta.persisted_agent_tool_param import PersistedAgentToolParam
from openai.types.responses.response_text_config_param import ResponseTextConfigParam
from openai.types.responses.tool_param import ToolParam
from typing_extensions import get_type_hints, is_typeddict

from provisioner.core.resource import AssistantSpec, Expression, Problem
from provisioner.openai_api.targets import TARGETS

Path = tuple[str, ...]
#: What a tool needs so that a target can express it at all.
NEEDED: Mapping[str, dict[str, Any]] = {
    "function": {"description": "Pings."},
    "mcp": {"server_url": "https://example.org/mcp", "require_approval": "never"},
    "file_search": {"vector_store_ids": ["vs_1"]},
}
#: An agent's own shape of a tool, which manifests write in the Responses API's spelling.
RESPELLED = {("mcp", "transport"), *(("web_search", name) for name in ("allowed_domains", "context_size"))}
RESPELLED |= {("web_search", name) for name in ("location", "mode")}


def tools_by_type() -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for each in (*get_args(ToolParam), *get_args(PersistedAgentToolParam)):
        for name in get_args(bare(get_type_hints(each, include_extras=True)["type"])):
            found.setdefault(name, []).append(each)
    return found


def bare(hint: Any) -> Any:
    while get_origin(hint) in (Required, NotRequired, Annotated):
        hint = get_args(hint)[0]
    return hint


def members(hint: Any) -> list[Any]:
    """The types that a value may have; null means that a field is left out."""
    hint = bare(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return [leaf for part in get_args(hint) if part is not type(None) for leaf in members(part)]
    return [hint]


def least(hint: Any) -> Any:
    """The smallest value of a type: only required fields."""
    return next(values(hint))


def values(hint: Any) -> Iterator[Any]:
    """At least one value of a type; two different ones where it has so many."""
    for each in members(hint):
        origin = get_origin(each)
        if origin is Literal:
            yield from get_args(each)
        elif is_typeddict(each):
            yield {name: least(inner) for name, inner in fields(each) if get_origin(inner) is Required}
        elif origin in (list, collections.abc.Iterable, collections.abc.Sequence) or "SequenceNotStr" in str(origin):
            yield from ([value] for value in values(get_args(each)[0]))
        elif origin in (dict, collections.abc.Mapping) or each is object:
            yield from ({"key": "one"}, {"key": "two"})
        else:
            yield from {str: ("one", "two"), bool: (True, False), int: (1, 2), float: (0.25, 0.5)}[each]


def fields(shape: Any) -> list[tuple[str, Any]]:
    return list(get_type_hints(shape, include_extras=True).items())


def variants(hint: Any, path: Path = ()) -> Iterator[tuple[Path, list[Any]]]:
    """Each field below a type, and values of the whole that differ in that field alone (`ABSENT` for nothing)."""
    for each in members(hint):
        if not is_typeddict(each):
            continue
        base = least(each)
        for name, inner in fields(each):
            # An empty block is as good as none, and what stands in blocks is walked by itself.
            different = [base | {name: value} for value in values(inner) if value != {}]
            if get_origin(inner) is not Required and not any(map(is_typeddict, members(inner))):
                different.append({key: value for key, value in base.items() if key != name})
            yield (*path, name), different
            for below, nested in variants(inner, (*path, name)):
                yield below, [base | {name: value} for value in nested]


EVERY = sorted(
    {
        (type_, field)
        for type_, shapes in tools_by_type().items()
        for shape in shapes
        for field, _ in variants(shape)
        if (type_, field[0]) not in RESPELLED and field != ("type",)
    }
)


def express(spec: AssistantSpec, target: str) -> Expression:
    return TARGETS[target].express(spec)


def is_answered(specs: list[AssistantSpec], path: Path, target: str) -> bool:
    """Whether all the specs lead to different expressions, or some of them to a problem at the path."""
    expressions = [express(spec, target) for spec in specs]
    if any(touches(problem, path) for each in expressions for problem in each.problems):
        return True
    spelled = {repr((each.inputs, each.environment)) for each in expressions}
    return len(spelled) == len(expressions)


def touches(problem: Problem, path: Path) -> bool:
    """Whether a problem stands at the field, below it, or above it: what is refused as a whole needs no more."""
    steps = tuple(step for step in problem.path if not isinstance(step, int))
    return steps[: len(path)] == path or path[: len(steps)] == steps


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("type_", "field"), EVERY, ids=lambda each: each if isinstance(each, str) else ".".join(each))
def test_a_field_of_a_tool_is_expressed_or_answered_for(type_: str, field: Path, target: str) -> None:
    found = 0
    for shape in tools_by_type()[type_]:
        for path, different in variants(shape):
            if path != field or len(different) < 2:
                continue
            found += 1
            needed = {"type": type_, **NEEDED.get(type_, {})}
            tools = {repr(tool): tool for value in different if (tool := {**needed, **value, "type": type_})}
            specs = [AssistantSpec("a", {"model": "m", "tools": [tool]}) for tool in tools.values()]
            assert is_answered(specs, ("tools", *field), target), f"{field} vanishes: {different}"
    assert found or is_constant(type_, field)


def is_constant(type_: str, field: Path) -> bool:
    """Whether a field has one possible value and must be there, so that nobody can choose anything."""
    return all(
        len(values_) < 2 for shape in tools_by_type()[type_] for path, values_ in variants(shape) if path == field
    )


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("field", sorted({field for field, _ in variants(ResponseTextConfigParam)}), ids=".".join)
def test_a_field_of_text_is_expressed_or_answered_for(field: Path, target: str) -> None:
    for path, different in variants(ResponseTextConfigParam):
        if path == field and len(different) > 1:
            specs = [AssistantSpec("a", {"model": "m", "text": value}) for value in different]
            assert is_answered(specs, ("text", *field), target), f"{field} vanishes: {different}"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("field", sorted({field for field, _ in variants(TemplateCreateParams)}), ids=".".join)
def test_a_field_of_an_environment_is_expressed_or_answered_for(field: Path, target: str) -> None:
    if field[0] in ("name", "files"):
        return  # The name is our mark; files are mounted, as the table of expressions shows.
    for path, different in variants(TemplateCreateParams):
        if path == field and len(different) > 1:
            # Left out and empty are the same here: neither holds anything.
            specs = [AssistantSpec("a", {"model": "m"}, environment=value) for value in different if value]
            assert is_answered(specs, ("environment", *field), target), f"{field} vanishes: {different}"
