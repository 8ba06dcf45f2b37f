"""Definitions are held against the installed SDK's types before a release of them is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioner.cli.plan_commands import make_plan
from provisioner.core.address import Address
from provisioner.core.diagnostic import Place
from provisioner.core.exitcode import ExitCode
from provisioner.core.refreshmode import RefreshMode
from provisioner.core.resource import Ref, Resource
from provisioner.manifest import load
from provisioner.project.command_options import Choice
from provisioner.project.definitions import check_definitions, find_fault
from provisioner.project.wiring import open_project
from tests.conftest import Emulators
from tests.manifest.conftest import CASES

PLACE = Place("manifests/a.yaml", 2, 3)
STORE = Ref(Address("vector_store", "docs"))
SEARCH = {"type": "file_search", "vector_store_ids": [STORE]}


def definition(name: str = "a", **fields: Any) -> Resource:
    return Resource(Address("assistant", name), "definition", {"model": "gpt-4.1", "tools": [], **fields}, PLACE)


def faults(*resources: Resource) -> list[str]:
    return [each.message for each in check_definitions(resources, [resource.address for resource in resources])]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tools": [{**SEARCH, "filters": {"year": 2024}}]}, "tools[0].filters.type"),
        ({"tools": [{**SEARCH, "ranking_options": {"ranker": "best"}}]}, "Invalid value: 'best'"),
        ({"tools": [{"type": "function", "name": "f", "parameters": {}}]}, "tools[0].strict"),
        ({"tool_choice": {"type": "function", "function": {"name": "f"}}}, "tool_choice.name"),
        ({"tool_choice": {"type": "tool"}}, "Invalid value: 'tool'"),
        ({"include": ["output"]}, "Invalid value: 'output'"),
        ({"context_management": [{}]}, "context_management[0].type"),
        ({"text": {"format": None}}, "text.format"),
        ({"tools": [{"type": "mcp", "server_label": "a", "server_description": None}]}, "server_description"),
        # What the SDK does not know comes before what is wrong, and is no fault itself.
        ({"newer": 1, "tools": [{**SEARCH, "newer": {"a": 1}, "max_num_results": "8"}]}, "max_num_results"),
    ],
)
def test_a_definition_that_every_call_would_refuse_is_an_error(fields: dict[str, Any], said: str) -> None:
    (message,) = faults(definition(**fields))
    assert said in message
    assert message.startswith("every call with this definition would be refused: ")


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"newer": 1, "extra_body": {"input": 3}},
        {"tools": [{**SEARCH, "newer": {"a": [1]}, "filters": {"type": "eq", "key": "a", "value": 1, "newer": 1}}]},
        {"tools": [{"type": "web_search", "filters": {"blocked_domains": ["example.org"]}}]},
        {
            "tools": [
                {"type": "mcp", "server_label": "a", "server_url": "https://a.org", "authorization": {"runtime": "T"}}
            ]
        },
    ],
)
def test_newer_fields_references_and_runtime_values_are_no_fault(fields: dict[str, Any]) -> None:
    assert faults(definition(**fields)) == []


@pytest.mark.parametrize("name", ["a.b", "a[0]", "", "tools[9].x"])
def test_a_newer_field_of_any_name_ends_the_check(name: str) -> None:
    fault = find_fault({"model": "m", "input": "", name: 1, "temperature": "hot"})
    assert fault is not None


def test_each_definition_that_is_wrong_is_told_at_its_own_place() -> None:
    found = check_definitions(
        [definition("a", include=["x"]), definition("b", include=["x"]), definition("c", include=["x"])],
        [Address("assistant", "a"), Address("assistant", "b")],
    )
    assert [each.address for each in found] == ["assistant.a", "assistant.b"]
    assert {each.place for each in found} == {PLACE}


def test_a_plan_with_such_a_definition_cannot_be_applied(
    tmp_path: Path, emulator: Emulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", emulator().base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/provision.yaml").write_text("project: helpers\n", encoding="utf-8")
    with open_project(Choice(tmp_path)) as project:
        good = make_plan(project, [definition()], refresh=RefreshMode.NONE)
        bad = make_plan(project, [definition(include=["output"])], refresh=RefreshMode.NONE)
    assert good.plan.exit_code() is ExitCode.DONE
    assert bad.plan.exit_code() is ExitCode.ERROR
    assert [each.address for each in bad.plan.errors()] == ["assistant.a"]


@pytest.mark.parametrize("name", ["good, searches and choices of every shape", "good, every kind of tool"])
def test_what_manifests_may_say_fits_the_sdk(name: str) -> None:
    manifest = load(CASES / name / "manifests")
    assert check_definitions(manifest.resources, [each.address for each in manifest.resources]) == ()
