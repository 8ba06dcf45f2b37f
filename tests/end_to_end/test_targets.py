"""One contract for all targets, and every way from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Emulators, WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import actions, apply, edit, output, plan, writes
from tests.warm.commands import WarmProvision

# The SDK calls the Assistants API deprecated with every call.
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

TARGETS = ("responses", "agents", "assistants")
OBJECTS = {"agents": "/v1/agents", "assistants": "/v1/assistants"}

TUTOR = """
instructions:
  tone: {text: 친절하게 답하세요.}
tools:
  examine: {type: function, name: examine, description: Looks, parameters: {type: object, properties: {}}}
assistants:
  tutor:
    instructions: [tone]
    tools: [examine]
    reasoning: {effort: low}
    metadata: {team: blue}
"""
BARE_TUTOR = """
instructions:
  tone: {text: 친절하게 답하세요.}
tools:
  examine: {type: function, name: examine, description: Looks, parameters: {type: object, properties: {}}}
assistants:
  tutor: {}
"""
CODE = "assistants: {tutor: {instructions: Count., tools: [code_interpreter]}}"


@dataclass(frozen=True, slots=True)
class Tutor:
    """The assistant `tutor` on one target: what the suite asks of it, in that target's words."""

    target: str
    provision: WarmProvision
    account: Account

    def told(self) -> dict[str, Any]:
        """What applications are told."""
        told: dict[str, Any] = output(self.provision)["assistants"]["tutor"]
        return told

    def id(self) -> Any:
        """What an update keeps."""
        return self.told().get("id", "there is none")

    def live(self) -> Mapping[str, Any]:
        """The object itself, with the fields that the targets have in common; what is unset is left out."""
        if self.target == "responses":
            found = self.told()["definition"]
        else:
            objects = self.account.agents() if self.target == "agents" else self.account.assistants()
            (found,) = (each.to_dict() for each in objects.values())
        effort = found.get("reasoning_effort") or (found.get("reasoning") or {}).get("effort")
        metadata = {key: value for key, value in (found.get("metadata") or {}).items() if "provision_" not in key}
        fields = {
            "instructions": found.get("instructions"),
            "tools": [tool["type"] for tool in found["tools"]],
            "effort": effort,
            "metadata": metadata,
        }
        return {name: value for name, value in fields.items() if value}


@pytest.fixture(params=TARGETS)
def tutor(request: pytest.FixtureRequest, provision: WarmProvision, project: WriteProject, account: Account) -> Tutor:
    settings = f"project: test\ntarget: {request.param}\ndefaults: {{model: gpt-6-luna}}\n"
    project({"provision.yaml": settings, "tutor.yaml": TUTOR})
    return Tutor(request.param, provision, account)


@pytest.mark.first_case_is_quick
def test_an_assistant_is_created_as_written(tutor: Tutor, provision: WarmProvision) -> None:
    apply(provision)
    assert tutor.live() == {
        "instructions": "친절하게 답하세요.",
        "tools": ["function"],
        "effort": "low",
        "metadata": {"team": "blue"},
    }


@pytest.mark.first_case_is_quick
def test_applications_are_told_what_they_need(tutor: Tutor, provision: WarmProvision) -> None:
    apply(provision)
    told = tutor.told()
    assert told["target"] == tutor.target
    if tutor.target == "responses":
        assert told.keys() == {"target", "release", "definition"}
        assert told["release"] == 1
        assert told["definition"].keys() == {"model", "instructions", "tools", "reasoning", "metadata"}
    elif tutor.target == "agents":
        assert told == {"target": "agents", "id": told["id"], "environment_template_id": None}
    else:
        assert told == {"target": "assistants", "id": told["id"]}


@pytest.mark.first_case_is_quick
def test_an_edit_updates_in_place(tutor: Tutor, provision: WarmProvision, example_tutor: Path) -> None:
    apply(provision)
    before = tutor.id()
    edit(example_tutor, "친절하게", "정중하게")
    assert actions(provision) == {"assistant.tutor": "update"}
    apply(provision)
    assert tutor.live()["instructions"] == "정중하게 답하세요."
    assert tutor.id() == before
    assert tutor.told().get("release", 2) == 2


@pytest.mark.first_case_is_quick
def test_tools_change(tutor: Tutor, provision: WarmProvision, example_tutor: Path) -> None:
    apply(provision)
    edit(
        example_tutor,
        "tools: [examine]",
        "tools: [examine, {type: function, name: mend, description: Mends, parameters: {type: object}}]",
    )
    apply(provision)
    assert tutor.live()["tools"] == ["function", "function"]


@pytest.mark.first_case_is_quick
def test_fields_that_are_taken_out_go_back_to_their_defaults(
    tutor: Tutor, provision: WarmProvision, project: WriteProject
) -> None:
    apply(provision)
    before = tutor.id()
    project({"tutor.yaml": BARE_TUTOR})
    reasons = next(iter(plan(provision)["changes"]))["reasons"]
    assert "metadata goes back to its default" in reasons
    apply(provision)
    assert tutor.live() == {}
    assert tutor.id() == before


@pytest.mark.first_case_is_quick
def test_instructions_alone_can_be_taken_out(tutor: Tutor, provision: WarmProvision, example_tutor: Path) -> None:
    apply(provision)
    edit(example_tutor, "    instructions: [tone]\n", "")
    apply(provision)
    assert tutor.live().keys() == {"tools", "effort", "metadata"}


@pytest.mark.first_case_is_quick
def test_an_assistant_is_deleted(
    tutor: Tutor, provision: WarmProvision, project: WriteProject, account: Account
) -> None:
    apply(provision)
    project({"tutor.yaml": None})
    assert actions(provision) == {"assistant.tutor": "delete"}
    apply(provision)
    assert account.counts() == {}
    assert output(provision)["assistants"] == {}


@pytest.mark.first_case_is_quick
def test_code_gets_a_place_to_run_and_leaves_nothing_behind(
    tutor: Tutor, provision: WarmProvision, project: WriteProject, account: Account
) -> None:
    project({"tutor.yaml": CODE, "rows.csv": "a,b\n"})
    apply(provision)
    one_each = {"responses": {}, "agents": {"agents": 1, "templates": 1}, "assistants": {"assistants": 1}}
    assert account.counts() == one_each[tutor.target]
    if tutor.target == "agents":
        assert tutor.told()["environment_template_id"] == account.templates()[0].id
    file = "[{type: code_interpreter, container: {files: [rows.csv]}}]"
    project({"tutor.yaml": CODE.replace("[code_interpreter]", file)})
    apply(provision)
    assert account.counts() == {**one_each[tutor.target], "files": 1}
    destroyed = provision("destroy", "--yes")
    assert destroyed.code == 0, destroyed.stderr
    assert account.counts() == {}
    assert "Nothing to do" in provision("destroy", "--yes").stdout


@pytest.mark.thorough
@pytest.mark.parametrize("tutor", ["agents", "assistants"], indirect=True)
def test_instructions_that_others_changed_come_back(tutor: Tutor, provision: WarmProvision, account: Account) -> None:
    apply(provision)
    change_instructions(tutor, account)
    planned = provision("plan")
    assert 'assistant.tutor: instructions was "친절하게 답하세요.", is "Be rude."' in planned.stdout
    refused = provision("apply", "--yes")
    assert refused.code == 3
    assert writes(refused) == []
    assert tutor.live()["instructions"] == "Be rude."
    apply(provision, "--overwrite-drift")
    assert tutor.live()["instructions"] == "친절하게 답하세요."


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("tutor", ["agents", "assistants"], indirect=True)
def test_a_field_that_nobody_wrote_is_nobodys_business(
    tutor: Tutor, provision: WarmProvision, project: WriteProject, account: Account
) -> None:
    project({"tutor.yaml": BARE_TUTOR})
    apply(provision)
    if tutor.target == "agents":
        account.client.beta.agents.update(tutor.id(), reasoning={"effort": "high"})
    else:
        account.client.beta.assistants.update(tutor.id(), reasoning_effort="high")
    planned = provision("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.stdout
    assert tutor.live() == {"effort": "high"}


@pytest.mark.thorough
@pytest.mark.parametrize("tutor", ["agents", "assistants"], indirect=True)
def test_an_assistant_that_others_deleted_is_made_again(
    tutor: Tutor, provision: WarmProvision, project: WriteProject, account: Account
) -> None:
    project({"other.yaml": "assistants: {other: {instructions: Stay.}}"})
    apply(provision)
    before = tutor.id()
    if tutor.target == "agents":
        account.client.beta.agents.delete(before)
    else:
        account.client.beta.assistants.delete(before)
    assert actions(provision) == {"assistant.tutor": "create"}
    apply(provision)
    assert tutor.id() != before


def change_instructions(tutor: Tutor, account: Account) -> None:
    if tutor.target == "agents":
        account.client.beta.agents.update(tutor.id(), instructions="Be rude.")
    else:
        account.client.beta.assistants.update(tutor.id(), instructions="Be rude.")


@pytest.fixture
def example_tutor(tmp_path: Path) -> Path:
    """The tutor's manifest."""
    return tmp_path / "manifests/tutor.yaml"


# From one target to another


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(("before", "after"), list(permutations(TARGETS, 2)))
def test_a_switch_makes_the_new_before_it_deletes_the_old(
    before: str, after: str, provision: WarmProvision, example: Path, account: Account
) -> None:
    settings = example / "manifests/provision.yaml"
    edit(example / "manifests/assistants.yaml", "    name: 롤 플레잉 봇\n", "    target: responses\n")
    edit(settings, "target: responses", f"target: {before}")
    apply(provision)
    objects = {"responses": {}, "agents": {"agents": 3, "templates": 2}, "assistants": {"assistants": 3}}
    shared = {"files": 2, "stores": 1}
    assert account.counts() == {**shared, **objects[before]}
    files = account.files()
    edit(settings, f"target: {before}", f"target: {after}")
    planned = plan(provision)
    replaced = [change for change in planned["changes"] if change["action"] == "replace"]
    assert {change["address"] for change in replaced} == {
        "assistant.math-tutor",
        "assistant.secretary",
        "assistant.server-bot",
    }
    assert all(f"moves from target {before} to {after}" in change["reasons"] for change in replaced)
    written = writes(apply(provision))
    creates = [index for index, line in enumerate(written) if line == f"POST {OBJECTS.get(after)}"]
    deletes = [index for index, line in enumerate(written) if line.startswith("DELETE")]
    assert len(creates) == (0 if after == "responses" else 3)
    assert len(deletes) == {"responses": 0, "agents": 5, "assistants": 3}[before]
    assert max(creates, default=-1) < min(deletes, default=len(written))
    assert account.counts() == {**shared, **objects[after]}
    assert account.files() == files
    told = output(provision)["assistants"]
    assert {name: each["target"] for name, each in told.items()} == {
        "hamlet": "responses",
        "math-tutor": after,
        "secretary": after,
        "server-bot": after,
    }


def test_a_target_that_cannot_search_files_says_what_to_do(provision: WarmProvision, example: Path) -> None:
    edit(example / "manifests/provision.yaml", "target: responses", "target: agents")
    for command in (["validate"], ["plan"], ["apply", "--yes"]):
        refused = provision(*command)
        assert refused.code == 1
        assert "agents have no file_search; keep this assistant on `target: responses`" in refused.stderr
        assert "manifests/assistants.yaml:36:9: error: agents" in refused.stderr
        assert refused.requests == ()


# Where there is no Assistants API any more

SHUT_DOWN = "* /assistants* 404"


def test_a_plan_for_an_api_that_is_gone_ends_before_any_write(
    provision: WarmProvision, example: Path, emulator: Emulators
) -> None:
    emulator(fail=(SHUT_DOWN,))
    edit(example / "manifests/provision.yaml", "target: responses", "target: assistants")
    for command in (["plan"], ["apply", "--yes"]):
        refused = provision(*command)
        assert refused.code == 1
        assert "this server has no Assistants API" in refused.stdout
        assert "use `target: responses` or `target: agents`" in refused.stdout
        assert writes(refused) == []


@pytest.fixture
def shut_down(provision: WarmProvision, example: Path, emulator: Emulators, tmp_path: Path) -> Path:
    """The example on the Assistants API, which is then gone from the account; returns the folder above it."""
    edit(example / "manifests/provision.yaml", "target: responses", "target: assistants")
    emulator(data=tmp_path / "account.db")
    apply(provision)
    emulator(data=tmp_path / "account.db", fail=(SHUT_DOWN,))
    return example


@pytest.mark.thorough
def test_what_is_gone_and_no_longer_wanted_is_forgotten_with_a_warning(
    provision: WarmProvision, shut_down: Path
) -> None:
    (shut_down / "manifests/assistants/server-bot.md").unlink()
    edit(shut_down / "manifests/provision.yaml", "target: assistants", "target: responses")
    planned = provision("plan")
    assert "warning: the server no longer knows objects of type assistant" in planned.stdout
    assert actions(provision)["assistant.server-bot"] == "forget"
    applied = apply(provision)
    assert "DELETE" not in " ".join(writes(applied))
    assert set(output(provision)["assistants"]) == {"hamlet", "math-tutor", "secretary"}


@pytest.mark.thorough
def test_assistants_of_an_api_that_is_gone_move_to_responses(provision: WarmProvision, shut_down: Path) -> None:
    edit(shut_down / "manifests/provision.yaml", "target: assistants", "target: responses")
    assert writes(apply(provision)) == []
    assert {each["target"] for each in output(provision)["assistants"].values()} == {"responses"}
