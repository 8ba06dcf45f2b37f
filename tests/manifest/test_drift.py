"""Our models and the SDK's types name the same fields, so that they cannot drift apart. `make sdk` shows the rows."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from provisioner.core.kinds import choice, search, tool
from provisioner.openai_api.targets.responses import AGENT_FIELDS
from tests.sdk.comparison import Row, hints_of, literals, load, shapes_in, tools_in
from tests.sdk.deliberate import DELIBERATE
from tests.sdk.pairs import AGENT_TOOLS, RESPONSE_TOOLS
from tests.sdk.survey import Survey, survey


@pytest.fixture(scope="module")
def found() -> Survey:
    return survey()


def test_everything_that_the_sdk_knows_is_known_or_left_out_with_a_reason(found: Survey) -> None:
    assert found.unknown == ()


def test_everything_that_is_known_is_in_the_sdk(found: Survey) -> None:
    assert found.stale == ()


def test_every_reason_belongs_to_something_that_the_sdk_knows_and_manifests_do_not(found: Survey) -> None:
    assert set(found.deliberate) == DELIBERATE.keys()
    assert all(isinstance(row, Row) and len(reason) > 10 for row, reason in DELIBERATE.items())


def test_every_tool_of_the_sdk_has_a_model() -> None:
    assert set(tool.TYPES) == tools_in(RESPONSE_TOOLS).keys() | tools_in(AGENT_TOOLS).keys()


def test_fields_that_only_agents_have_are_those_of_the_sdk() -> None:
    for name, fields in AGENT_FIELDS.items():
        agents, responses = (hints_of(tools_in(union)[name]) for union in (AGENT_TOOLS, RESPONSE_TOOLS))
        assert set(fields) == agents.keys() - responses.keys() - {"transport"}
        for field in fields:
            ours = literals(tool.TYPES[name].model_fields[field].annotation)
            assert ours == literals(agents[field]), field


def test_web_filters_have_a_field_that_is_documented_only() -> None:
    assert "blocked_domains" in search.WebFilters.model_fields
    assert "blocked_domains" not in hints_of(load("responses.web_search_tool_param.Filters"))


def test_every_type_of_choice_has_a_model() -> None:
    choices = hints_of(load("responses.response_create_params.ResponseCreateParamsBase"))["tool_choice"]
    every = {value for each in shapes_in(choices) for value in types_of(each)}
    assert every == {*get_args(choice.Hosted), *get_args(choice.Named), "mcp", "allowed_tools"}


def types_of(shape: Any) -> set[Any]:
    return set(literals(hints_of(shape)["type"]))
