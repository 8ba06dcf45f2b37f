"""What somebody mended by hand is never undone without a word, whatever else the plan does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import apply
from tests.warm.commands import WarmProvision

pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

POET = "assistants: {poet: {target: agents, model: gpt-6-luna, instructions: Rhyme.}}\n"
MOVED = POET.replace("agents", "responses").replace("Rhyme.", "Rhyme no more.")


@pytest.fixture
def mended(project: WriteProject, provision: WarmProvision, account: Account) -> Path:
    """An agent whose instructions somebody has changed."""
    root = project({"poet.yaml": POET})
    apply(provision)
    (agent,) = account.agents().values()
    account.client.beta.agents.update(agent.id, instructions="Rhyme, and be kind.")
    return root


@pytest.mark.thorough
def test_a_switch_of_target_does_not_hide_it(mended: Path, project: WriteProject, provision: WarmProvision) -> None:
    project({"poet.yaml": MOVED})
    planned = provision("plan")
    assert planned.code == 3
    assert "Rhyme, and be kind." in planned.stdout
    assert "blocked: this would undo what others changed: assistant.poet (instructions)" in planned.stdout
    assert provision("apply", "--yes").code == 3
    assert provision("apply", "--yes", "--overwrite-drift").code == 0


def test_what_is_edited_with_the_target_is_shown(mended: Path, project: WriteProject, provision: WarmProvision) -> None:
    project({"poet.yaml": MOVED})
    body = json.loads(provision("plan", "--json").stdout)
    (change,) = [each for each in body["changes"] if each["action"] == "replace"]
    assert [(each["path"], each["before"], each.get("after")) for each in change["differences"]] == [
        ("instructions", "Rhyme, and be kind.", "Rhyme no more."),
        ("name", "poet", None),
    ]


def test_a_delete_says_what_goes_with_it(mended: Path, project: WriteProject, provision: WarmProvision) -> None:
    project({"poet.yaml": None})
    planned = provision("plan")
    assert planned.code == 0
    assert "Rhyme, and be kind." in planned.stdout


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("form", ["--markdown", "--json"])
def test_what_blocks_a_plan_is_said_in_its_form(
    mended: Path, project: WriteProject, provision: WarmProvision, form: str
) -> None:
    planned = provision("plan", form)
    assert planned.code == 3
    assert "this would undo what others changed" in planned.stdout


def test_a_plan_that_cannot_be_made_is_a_comment_all_the_same(project: WriteProject, provision: WarmProvision) -> None:
    project({"wrong.yaml": "assistants:\n  poet: {instruction: Rhyme.}\n"})
    planned = provision("plan", "--markdown")
    assert planned.code == 1
    assert planned.stdout.startswith("### ❌ provision plan")
    assert "`manifests/wrong.yaml:2:10`" in planned.stdout


def test_true_in_a_schema_is_no_one(project: WriteProject, provision: WarmProvision) -> None:
    schema = "{type: object, properties: {a: {const: %s}}}"
    tool = f"tools: {{f: {{type: function, name: f, strict: false, parameters: {schema}}}}}\n"
    assistant = "assistants: {poet: {instructions: Rhyme., tools: [f]}}\n"
    project({"poet.yaml": tool % "1" + assistant})
    apply(provision)
    project({"poet.yaml": tool % "true" + assistant})
    body = json.loads(provision("plan", "--json").stdout)
    assert [each["address"] for each in body["changes"]] == ["assistant.poet"]
    assert body["changes"][0]["differences"]
