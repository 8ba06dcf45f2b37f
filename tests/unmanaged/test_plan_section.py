"""`provision plan --show-unmanaged` lists unmanaged objects beside the plan, in each format."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.conftest import WriteProject
from tests.warm.commands import WarmProvision

if TYPE_CHECKING:
    from openai import OpenAI


@pytest.fixture
def store(project: WriteProject, client: OpenAI) -> str:
    """The id of a store that nobody manages, beside a project that declares another."""
    project({"mine.yaml": "vector_stores: {mine: {}}\n"})
    return client.vector_stores.create(name="Hand`book").id


@pytest.mark.thorough
def test_text_has_a_section(provision: WarmProvision, store: str) -> None:
    plain = provision("plan")
    shown = provision("plan", "--show-unmanaged")
    assert shown.code == 0, shown.stderr
    plan, _, section = shown.stdout.partition("\n\nUnmanaged:\n")
    assert plan.strip() == plain.stdout.strip()
    assert store in section
    assert store not in plain.stdout
    assert section == provision("unmanaged").stdout


def test_json_has_a_key(provision: WarmProvision, store: str) -> None:
    shown = json.loads(provision("plan", "--show-unmanaged", "--json").stdout)
    assert [(each["type"], each["id"]) for each in shown["unmanaged"]["objects"]] == [("vector_store", store)]
    plain = json.loads(provision("plan", "--json").stdout)
    assert "unmanaged" not in plain
    assert shown["changes"] == plain["changes"]


def test_markdown_has_a_folded_block(provision: WarmProvision, store: str) -> None:
    shown = provision("plan", "--show-unmanaged", "--markdown").stdout
    plain = provision("plan", "--markdown").stdout
    assert shown.startswith(plain.rstrip("\n"))
    added = shown.removeprefix(plain.rstrip("\n"))
    assert "<summary>Unmanaged objects</summary>" in added
    assert f"  {store}  " in added


def test_the_exit_code_is_that_of_the_plan(provision: WarmProvision, project: WriteProject, store: str) -> None:
    assert provision("plan", "--show-unmanaged", "--detailed-exitcode").code == 2
    project({"mine.yaml": "vector_stores: {}\n"})
    assert provision("plan", "--show-unmanaged", "--detailed-exitcode").code == 0
