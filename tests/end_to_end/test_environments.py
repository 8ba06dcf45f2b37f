"""One project in several environments, from several folders, in any alphabet."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from tests.conftest import WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import apply, output
from tests.warm.commands import WarmProvision

pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

SETTINGS = """
project: test
defaults: {model: gpt-6-luna}
environments:
  dev: {target: agents}
  prod: {defaults: {model: gpt-6-sol}}
"""
NOTES = """
vector_stores: {notes: {files: [a.txt]}}
assistants: {poet: {name: Poet, instructions: Rhyme.}}
"""


@pytest.fixture
def folder(project: WriteProject) -> Path:
    return project({"provision.yaml": SETTINGS, "notes.yaml": NOTES, "a.txt": "alpha"})


@pytest.mark.thorough
def test_two_environments_live_side_by_side(provision: WarmProvision, folder: Path, account: Account) -> None:
    apply_in(provision, "dev")
    apply_in(provision, "prod")
    assert {path.name for path in (folder / "state").glob("*.json")} == {"dev.json", "prod.json"}
    assert account.client.beta.agents.list().data[0].model == "gpt-6-luna"
    assert len(list(account.client.vector_stores.list())) == 2
    assert len(list(account.client.files.list())) == 2
    assert provision("destroy", "--yes", "--env", "dev").code == 0
    assert account.counts() == {"files": 1, "stores": 1}
    assert provision("plan", "--env", "prod", "--detailed-exitcode").code == 0


def apply_in(provision: WarmProvision, environment: str) -> None:
    """Applies, naming the environment by option first and by variable then."""
    assert provision("apply", "--yes", "--env", environment).code == 0
    again = provision("plan", "--detailed-exitcode", env={"PROVISION_ENV": environment})
    assert again.code == 0, again.stdout
    assert f"test · environment {environment} ·" in again.stderr


def test_the_option_beats_the_variable(provision: WarmProvision, folder: Path) -> None:
    planned = provision("plan", "--env", "prod", env={"PROVISION_ENV": "dev"})
    assert "environment prod" in planned.stderr


def test_an_environment_that_is_not_declared(provision: WarmProvision, folder: Path) -> None:
    refused = provision("plan", "--env", "prd")
    assert refused.code == 1
    assert "there is no environment `prd`; declared are `dev` and `prod`" in refused.stderr
    assert refused.requests == ()


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "command", ["plan", "apply --yes", "destroy --yes", "validate", "output", "show", "state list"]
)
def test_without_a_choice_no_command_goes_on(provision: WarmProvision, folder: Path, command: str) -> None:
    refused = provision(*command.split())
    assert refused.code == 1
    assert "no environment is chosen; declared are `dev` and `prod`; choose one with --env" in refused.stderr
    assert refused.requests == ()
    assert not (folder / "state").exists()


def test_the_settings_name_the_environment_of_commands_without_an_option(
    provision: WarmProvision, folder: Path
) -> None:
    settings = folder / "manifests" / "provision.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + "default_environment: prod\n", encoding="utf-8")
    assert "environment prod" in provision("plan").stderr
    assert "environment dev" in provision("plan", "--env", "dev").stderr


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "arguments",
    [
        ("-C", "there", "--env", "prod", "plan", "--json"),
        ("plan", "--json", "--env", "prod", "-C", "there"),
        ("--env", "prod", "plan", "--dir", "there", "--json"),
    ],
)
def test_shared_options_stand_before_or_after_the_command(
    provision: WarmProvision, folder: Path, tmp_path_factory: pytest.TempPathFactory, arguments: tuple[str, ...]
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "there").symlink_to(folder)
    planned = provision(*arguments, cwd=elsewhere)
    assert planned.code == 0, planned.stderr
    assert "environment prod" in planned.stderr
    assert '"create": 3' in planned.stdout


def test_the_project_is_found_from_below(provision: WarmProvision, folder: Path) -> None:
    below = folder / "manifests/deep/down"
    below.mkdir(parents=True)
    assert "Plan: 3 to create" in provision("plan", "--env", "prod", cwd=below).stdout
    lost = provision("plan", cwd=folder.parent)
    assert lost.code == 1
    assert "there is no provision.yaml in" in lost.stderr
    assert "provision init" in lost.stderr


def test_a_state_of_another_project_is_not_touched(provision: WarmProvision, folder: Path) -> None:
    assert provision("apply", "--yes", "--env", "prod").code == 0
    shutil.copy(folder / "state/prod.json", folder / "state/dev.json")
    refused = provision("apply", "--yes", "--env", "dev")
    assert refused.code == 3
    assert "the state belongs to test/prod, not to test/dev" in refused.stderr


def test_korean_arrives_byte_for_byte(provision: WarmProvision, project: WriteProject, account: Account) -> None:
    text = "당신은 개인 비서입니다.\n{중괄호}와 $달러는 그대로 둡니다. «한글» 😀"
    body = "".join(f"      {line}\n" for line in text.splitlines())
    project(
        {
            "모두.yaml": (
                "instructions:\n  in-korean:\n    text: |-\n" + body + "assistants:\n"
                "  agent: {target: agents, name: 비서, instructions: [in-korean], metadata: {부서: 학생처}}\n"
                "  assistant: {target: assistants, name: 비서, description: 친절한 비서, instructions: [in-korean]}\n"
                "  definition: {instructions: [in-korean]}\n"
                "vector_stores:\n"
                "  hamlet: {name: 햄릿, files: [책/햄릿.txt]}\n"
            ),
            "책/햄릿.txt": "사느냐 죽느냐, 그것이 문제로다.",
        }
    )
    apply(provision)
    assert output(provision)["assistants"]["definition"]["definition"]["instructions"] == text
    agent = account.agents()["비서"]
    assert agent.instructions == text
    assert agent.metadata["부서"] == "학생처"
    assistant = account.assistants()["비서"]
    assert assistant.instructions == text
    assert assistant.description == "친절한 비서"
    store = account.stores()["햄릿"].id
    (member,) = account.members(store).values()
    assert account.files() == {"햄릿.txt": member.id}
    assert member.attributes["path"] == "manifests/책/햄릿.txt"
    written = "사느냐 죽느냐, 그것이 문제로다.".encode()
    assert member.attributes["sha256"] == hashlib.sha256(written).hexdigest()
    (part,) = account.client.vector_stores.files.content(member.id, vector_store_id=store).data
    assert part.text == written.decode()
    state = (provision.folder / "state/default.json").read_text(encoding="utf-8")
    assert "사느냐" not in state
    assert "당신은 개인 비서입니다." in state
