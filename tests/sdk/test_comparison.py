"""The comparison finds what a newer SDK adds, renames or removes: types are made up, and put in place of the SDK's."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from importlib import import_module
from typing import Any, Literal, TypedDict, Union

import openai
import pytest
from typing_extensions import get_type_hints

from tests.sdk.comparison import Comparison, Row, compare, dates_in
from tests.sdk.pairs import UNIONS, pairs
from tests.sdk.survey import Survey, resources, survey
from tests.sdk.table import render

Replace = Callable[[str, Any], None]
AGENT = "beta.agent_create_params.AgentCreateParams"


class Dream(TypedDict, total=False):
    """A tool of tomorrow."""

    type: Literal["dream"]


class Semantic(TypedDict, total=False):
    """A chunking strategy of tomorrow."""

    type: Literal["semantic"]
    model: str


@pytest.fixture
def replace(monkeypatch: pytest.MonkeyPatch) -> Replace:
    """Puts a type in place of one of the SDK's; None removes it."""

    def put(name: str, value: Any) -> None:
        module, _, attribute = f"openai.types.{name}".rpartition(".")
        if value is None:
            monkeypatch.delattr(import_module(module), attribute)
        else:
            monkeypatch.setattr(import_module(module), attribute, value)

    return put


def newer(name: str, **fields: Any) -> Any:
    """A type of the SDK with these fields, which are new or have other types; None takes a field away."""
    module, _, attribute = f"openai.types.{name}".rpartition(".")
    hints = get_type_hints(getattr(import_module(module), attribute), include_extras=True) | fields
    return TypedDict(attribute, {key: hint for key, hint in hints.items() if hint is not None}, total=False)  # type: ignore[operator]


def compared() -> Comparison:
    return compare(pairs(), UNIONS.values())


def test_the_installed_sdk_has_nothing_to_add_to_its_own_types(replace: Replace) -> None:
    before = compared()
    replace(AGENT, newer(AGENT))
    assert compared() == before


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("name", "kind", "target"),
    [
        (AGENT, "assistant", "agents"),
        ("responses.response_create_params.ResponseCreateParamsStreaming", "assistant", "responses"),
        ("beta.assistant_create_params.AssistantCreateParams", "assistant", "assistants"),
        ("beta.agents.environments.template_update_params.TemplateUpdateParams", "environment", "agents"),
        ("vector_store_create_params.VectorStoreCreateParams", "vector_store", "all"),
        ("vector_stores.file_create_params.FileCreateParams", "Member", "all"),
        ("file_create_params.FileCreateParams", "file", "all"),
        ("beta.agent_create_params.Compaction", "Compaction", "agents"),
        ("shared_params.reasoning.Reasoning", "Reasoning", "responses"),
    ],
)
def test_a_new_field_is_found(replace: Replace, name: str, kind: str, target: str) -> None:
    before = compared()
    replace(name, newer(name, dreaming=str))
    after = compared()
    fields = {row for row in after.unknown - before.unknown if row.what == "field"}
    assert fields == {Row(kind, target, "field", "dreaming")}
    assert after.stale == before.stale


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("target", UNIONS)
def test_a_new_field_of_a_tool_and_a_new_tool_are_found(
    replace: Replace, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    name = "function"
    module, _, attribute = f"openai.types.{UNIONS[target]}".rpartition(".")
    before = compared()
    old = list(getattr(import_module(module), attribute).__args__)
    for index, each in enumerate(old):
        if "function" in str(get_type_hints(each)["type"]):
            hints = get_type_hints(each, include_extras=True)
            old[index] = TypedDict("Newer", {**hints, "dreaming": str}, total=False)  # type: ignore[operator]
    replace(UNIONS[target], Union[(*old, Dream)])
    after = compared()
    assert after.unknown - before.unknown >= {Row(f"tool {name}", target, "field", "dreaming")}
    monkeypatch.setattr("tests.sdk.survey.resources", lambda: iter(()))
    assert Row("tool", target, "tool", "dream") in survey().unknown


def test_a_new_value_is_found(replace: Replace) -> None:
    before = compared()
    replace(AGENT, newer(AGENT, service_tier=Literal["auto", "default", "flex", "priority", "fast", "warp"]))
    assert compared().unknown - before.unknown == {Row("assistant", "agents", "value", "service_tier: warp")}


def test_a_new_form_of_a_known_field_is_found(replace: Replace) -> None:
    before = compared()
    name = "vector_store_create_params.VectorStoreCreateParams"
    replace(name, newer(name, chunking_strategy=Semantic))
    found = compared().unknown - before.unknown
    assert found == {Row("vector_store", "all", "type", "chunking_strategy: Semantic")}


def test_a_field_that_the_sdk_no_longer_has_is_found(replace: Replace) -> None:
    name = "beta.multi_agent_config_param.MultiAgentConfigParam"
    replace(name, newer(name, max_concurrent_subagents=None))
    assert Row("MultiAgent", "agents", "field", "max_concurrent_subagents") in compared().stale


def test_a_type_that_the_sdk_no_longer_has_is_a_row_and_no_error(replace: Replace) -> None:
    replace("shared_params.reasoning.Reasoning", None)
    assert Row("Reasoning", "responses", "type", "shared_params.reasoning.Reasoning") in compared().stale


def test_a_new_model_and_a_new_shutdown_date_are_found(replace: Replace, monkeypatch: pytest.MonkeyPatch) -> None:
    replace("shared.ResponsesModel", Literal["gpt-7-nova", "gpt-5"])
    monkeypatch.setattr("tests.sdk.survey.sdk_dates", lambda: {"gpt-5": "2027-12-11"})
    found = survey()
    assert Row("model", "all", "model", "gpt-7-nova") in found.unknown
    assert Row("model", "all", "date", "gpt-5: 2027-12-11") in found.unknown
    assert Row("model", "all", "model", "gpt-6-luna") in found.stale


def test_dates_are_read_from_docstrings_of_several_lines() -> None:
    text = """Deprecated values:

    - "gpt-a", "gpt-a-2026-01-01",
      "gpt-b": Announced
      shutdown date: 2027-04-01. See
      https://developers.openai.com/api/docs/deprecations for details.
    - "gpt-c": Not a supported model ID. Retained for SDK compatibility.
    - "gpt-d": Announced shutdown date: 2026-12-11. See
    """
    day = "2027-04-01"
    assert dates_in(text) == {"gpt-a": day, "gpt-a-2026-01-01": day, "gpt-b": day, "gpt-d": "2026-12-11"}


def test_a_new_resource_of_the_client_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    before = set(resources())
    added = cached_property(lambda client: None)
    monkeypatch.setattr(openai.OpenAI, "dreams", added, raising=False)
    assert set(resources()) - before == {"dreams"}


def test_the_table_shows_what_is_unknown_then_what_is_left_out_and_why() -> None:
    new, gone = Row("assistant", "agents", "field", "dreaming"), Row("assistant", "agents", "field", "old")
    left = Row("file", "all", "field", "file")
    text = render("3.99.0", Survey((new,), (left,), (gone,)), {left: "manifests name the file by its `path`"})
    assert [line.split("|")[4].strip() if line.startswith("| a") or line.startswith("| f") else line
            for line in text.splitlines() if line and not line.startswith(("|-", "| kind"))] == [
        "openai 3.99.0: what it knows and provision does not",
        "dreaming",
        "What provision knows and this SDK does not",
        "old",
        "Left out on purpose",
        "file",
    ]  # fmt: skip
    assert text.count("manifests name the file by its `path`") == 1
    assert "nothing" in render("3.99.0", Survey((), (), ()))
