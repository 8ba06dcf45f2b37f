"""Skills from a folder to shells and environments: new versions in place, drift, lost answers, deletion."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Emulators, WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import actions, apply, assert_settled, edit, output, plan, writes
from tests.warm.commands import WarmProvision

SKILL = "---\nname: code-review\ndescription: Reviews code.\n---\n\nRead the code.\n"
MANIFEST = """
skills:
  review: {path: skills/review, exclude: ["*.tmp"]}
assistants:
  helper:
    instructions: Help.
    tools: [{type: shell, environment: {type: container_auto, skills: [review]}}]
  agent:
    target: agents
    instructions: Help.
    environment: {skills: [{skill: review, version: latest}], network: {access: disabled}}
"""
FILES = {
    "all.yaml": MANIFEST,
    "skills/review/SKILL.md": SKILL,
    "skills/review/scripts/run.py": "print(1)\n",
    "skills/review/scripts/__init__.py": "",
    "skills/review/tools.yaml": "tools: {x: 1}\n",
    "skills/review/left.tmp": "left out",
    "skills/review/.hidden": "left out",
}
RUN = "manifests/skills/review/scripts/run.py"


@pytest.fixture
def folder(project: WriteProject) -> Path:
    return project(FILES)


def content(account: Account, skill: str) -> dict[str, str]:
    """What the default version holds."""
    archive = account.client.skills.content.retrieve(skill).content
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name).decode() for name in opened.namelist()}


@pytest.mark.thorough
def test_an_edit_is_a_new_version_in_place(provision: WarmProvision, account: Account, folder: Path) -> None:
    apply(provision)
    skill = account.skills()["code-review"]
    assert content(account, skill.id) == {
        "code-review/SKILL.md": SKILL,
        "code-review/scripts/__init__.py": "",
        "code-review/scripts/run.py": "print(1)\n",
        "code-review/tools.yaml": "tools: {x: 1}\n",
    }
    reference = {"type": "skill_reference", "skill_id": skill.id}
    definition = output(provision)["assistants"]["helper"]["definition"]
    assert definition["tools"][0]["environment"]["skills"] == [reference]
    assert output(provision)["skills"] == {"review": {"id": skill.id}}
    (template,) = account.templates()
    assert [each.to_dict() for each in template.skills] == [{**reference, "version": "latest"}]

    edit(folder / RUN, "1", "2")
    assert actions(provision) == {"skill.review": "update"}
    changed = apply(provision)
    assert writes(changed) == [
        f"POST /v1/skills/{skill.id}/versions",
        f"DELETE /v1/skills/{skill.id}/versions/1",
    ]
    assert account.skills()["code-review"].id == skill.id
    assert account.versions(skill.id) == ["2"]
    assert content(account, skill.id)["code-review/scripts/run.py"] == "print(2)\n"
    assert output(provision)["assistants"]["helper"]["release"] == 1


@pytest.mark.thorough
def test_a_former_version_is_kept_for_its_time(provision: WarmProvision, account: Account, folder: Path) -> None:
    edit(folder / "manifests/all.yaml", '["*.tmp"]', '["*.tmp"], lifecycle: {retire_after: 3600}')
    apply(provision)
    skill = account.skills()["code-review"]
    edit(folder / RUN, "1", "2")
    apply(provision)
    assert account.versions(skill.id) == ["1", "2"]
    assert [entry["id"] for entry in state_of(folder)["retired"]] == [f"{skill.id}@1"]
    assert provision("destroy", "--yes").code == 0
    assert account.counts() == {}
    assert (state_of(folder)["records"], state_of(folder)["retired"]) == ({}, [])


def state_of(folder: Path) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((folder / "state/default.json").read_text("utf-8"))
    return body


@pytest.mark.thorough
def test_a_version_of_others_that_is_the_default_is_drift(
    provision: WarmProvision, account: Account, folder: Path
) -> None:
    apply(provision)
    skill = account.skills()["code-review"].id
    files = [("x/SKILL.md", SKILL.replace("Read", "Skim").encode())]
    account.client.skills.versions.create(skill, files=files, default=True)
    planned = plan(provision)
    assert [(each["field"], each["recorded"], each["actual"], each["overwritten"]) for each in planned["drift"]] == [
        ("default_version", "1", "2", True),
        ("latest_version", "1", "2", False),
    ]
    assert provision("apply", "--yes").code == 3
    apply(provision, "--overwrite-drift")
    found = account.skills()["code-review"]
    assert (found.default_version, found.latest_version) == ("1", "2")
    assert account.versions(skill) == ["1", "2"], "the version of others is left alone"


def test_a_version_of_others_that_nobody_uses_is_shown_and_left_alone(
    provision: WarmProvision, account: Account, folder: Path
) -> None:
    apply(provision)
    skill = account.skills()["code-review"].id
    account.client.skills.versions.create(skill, files=[("x/SKILL.md", SKILL.encode())])
    planned = plan(provision)
    assert planned["changes"] == []
    assert [(each["field"], each["actual"]) for each in planned["drift"]] == [("latest_version", "2")]
    assert "latest_version" in provision("plan").stdout


@pytest.mark.thorough
def test_a_version_of_ours_that_others_deleted_is_uploaded_again(
    provision: WarmProvision, account: Account, folder: Path
) -> None:
    apply(provision)
    skill = account.skills()["code-review"].id
    account.client.skills.versions.create(skill, files=[("x/SKILL.md", SKILL.encode())], default=True)
    account.client.skills.versions.delete("1", skill_id=skill)
    assert actions(provision) == {"skill.review": "update"}
    apply(provision, "--overwrite-drift")
    assert account.skills()["code-review"].default_version == "3"
    assert content(account, skill)["code-review/scripts/run.py"] == "print(1)\n"


@pytest.mark.thorough
def test_a_skill_that_vanished_is_made_anew(provision: WarmProvision, account: Account, folder: Path) -> None:
    apply(provision)
    skill = account.skills()["code-review"].id
    account.client.skills.delete(skill)
    assert actions(provision)["skill.review"] == "create"
    apply(provision)
    new = account.skills()["code-review"].id
    definition = output(provision)["assistants"]["helper"]["definition"]
    assert definition["tools"][0]["environment"]["skills"][0]["skill_id"] == new != skill


@pytest.mark.thorough
@pytest.mark.parametrize("fault", ["POST /skills drop-after times=1", "POST /skills drop-before times=1"])
def test_a_create_whose_answer_is_lost_makes_one_skill(
    provision: WarmProvision, account: Account, emulator: Emulators, folder: Path, fault: str
) -> None:
    emulator(fail=(fault,))
    apply(provision)
    assert [account.versions(skill.id) for skill in account.skills().values()] == [["1"]]


@pytest.mark.thorough
@pytest.mark.parametrize("effect", ["drop-after", "drop-before"])
def test_a_new_version_whose_answer_is_lost_is_made_once(
    provision: WarmProvision, account: Account, emulator: Emulators, folder: Path, effect: str
) -> None:
    emulator(fail=(f"POST /skills/*/versions {effect} times=1",))
    apply(provision)
    skill = account.skills()["code-review"].id
    edit(folder / RUN, "1", "2")
    apply(provision)
    assert account.versions(skill) == ["2"]


@pytest.mark.thorough
def test_a_skill_under_another_name_moves(provision: WarmProvision, account: Account, folder: Path) -> None:
    """The declared name is ours alone: nothing is uploaded, and who uses it names the same id."""
    apply(provision)
    skill = account.skills()["code-review"].id
    text = (folder / "manifests/all.yaml").read_text("utf-8")
    text = (
        text.replace("review: {path", "check: {path")
        .replace("[review]", "[check]")
        .replace("skill: review", "skill: check")
    )
    (folder / "manifests/all.yaml").write_text(text, encoding="utf-8")
    moved = apply(provision)
    assert writes(moved) == []
    assert output(provision)["skills"] == {"check": {"id": skill}}


@pytest.mark.thorough
def test_everything_of_a_skill_is_deleted(provision: WarmProvision, account: Account, folder: Path) -> None:
    apply(provision)
    gone = provision("destroy", "--yes")
    assert gone.code == 0, gone.stderr
    assert account.counts() == {}
    assert (state_of(folder)["records"], state_of(folder)["retired"]) == ({}, [])


@pytest.mark.thorough
def test_a_file_that_changes_after_the_plan_is_not_uploaded(
    provision: WarmProvision, account: Account, folder: Path
) -> None:
    apply(provision)
    edit(folder / RUN, "1", "2")
    assert provision("plan", "--out", "kept.plan").code == 0
    edit(folder / RUN, "2", "3")
    assert provision("apply", "kept.plan").code == 3
    apply(provision)
    assert_settled(provision)
