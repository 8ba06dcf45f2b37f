"""What becomes of every field and tool on every target: expressions.txt is the table, --rewrite writes it anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.core.assistant_fields import OURS
from provisioner.core.kinds.agent import AgentFields
from provisioner.core.kinds.assistant import AssistantModel
from provisioner.core.resource import Expression, Problem, Ref
from provisioner.emulator.checks.body_check import check_body
from provisioner.openai_api.targets import TARGETS
from tests.targets.specs import FIELDS, SPECS

TABLE = Path(__file__).parent / "expressions.txt"
#: The SDK's type of what is sent, by the target's type of object.
SHAPES = {
    "definition": "responses.response_create_params.ResponseCreateParamsNonStreaming",
    "agent": "beta.AgentCreateParams",
    "assistant": "beta.AssistantCreateParams",
}
TEMPLATE = "beta.agents.environments.TemplateCreateParams"

EVERY = [(name, target) for name in SPECS for target in TARGETS]


def express(name: str, target: str) -> Expression:
    return TARGETS[target].express(SPECS[name])


def test_expressions(rewrite: bool) -> None:
    text = "\n".join(line for name in SPECS for line in (f"# {name}", *spell_all(name), ""))
    if rewrite:
        TABLE.write_text(text, encoding="utf-8")
    assert text == TABLE.read_text(encoding="utf-8"), "if this is right, run: pytest tests/targets --rewrite"


def spell_all(name: str) -> Iterator[str]:
    """A line for what each target makes of it, or for each thing that it says."""
    for target in TARGETS:
        expression = express(name, target)
        if not has_errors(expression):
            yield f"{target}: {json.dumps(with_ids(expression.inputs), ensure_ascii=False)}"
            if expression.environment is not None:
                yield f"{target}, environment: {json.dumps(with_ids(expression.environment), ensure_ascii=False)}"
        yield from (f"{target}: {spell_problem(problem)}" for problem in expression.problems)


def spell_problem(problem: Problem) -> str:
    return f"{problem.severity} at {'.'.join(map(str, problem.path))}: {problem.message}"


def with_ids(value: Any) -> Any:
    if isinstance(value, Ref):
        return f"id of {value.address}"
    if isinstance(value, dict):
        return {key: with_ids(item) for key, item in value.items()}
    return [with_ids(item) for item in value] if isinstance(value, list) else value


def loaded(value: Any) -> Any:
    """A definition as an application sends it: what was left to it is filled in."""
    if isinstance(value, dict):
        return "filled in" if set(value) == {"runtime"} else {key: loaded(item) for key, item in value.items()}
    return [loaded(item) for item in value] if isinstance(value, list) else value


def has_errors(expression: Expression) -> bool:
    return any(problem.severity == "error" for problem in expression.problems)


@pytest.mark.parametrize(("name", "target"), EVERY)
def test_what_is_sent_fits_the_sdk(name: str, target: str) -> None:
    expression = express(name, target)
    if has_errors(expression):
        return
    body = loaded(with_ids(expression.inputs))
    for newer in {*SPECS[name].extra, *SPECS[name].agents} - {*AgentFields.model_fields}:
        body.pop(newer, None)
    body.pop("extra_body", None)
    for tool in body["tools"]:
        tool.pop("newer", None)
    if expression.type == "definition":
        body["input"] = "an application's"
    check_body(body, SHAPES[expression.type])
    if expression.environment is not None:
        check_body(with_ids(expression.environment), TEMPLATE)


@pytest.mark.parametrize(("name", "target"), EVERY)
def test_every_problem_says_what_to_do(name: str, target: str) -> None:
    for problem in express(name, target).problems:
        assert problem.severity in ("error", "warning", "info")
        assert problem.path, problem
        assert gives_advice(problem.message), problem.message


def gives_advice(message: str) -> bool:
    """Whether a message names a way out, or says that nothing has to be done."""
    ways = ("remove", "use `", "write ", "add ", "merge", "move", "keep ", "shorten", "give ", "not sent")
    return any(way in message for way in ways)


def test_every_field_of_an_assistant_is_in_the_table() -> None:
    assert set(FIELDS) == set(AssistantModel.model_fields) - OURS | {"name", "description"}


@pytest.mark.parametrize("target", TARGETS)
def test_an_expression_leaves_its_spec_as_it_was(target: str) -> None:
    before = json.dumps(with_ids(dict(SPECS["code, files and metadata"].fields)))
    express("code, files and metadata", target)
    assert json.dumps(with_ids(dict(SPECS["code, files and metadata"].fields))) == before
