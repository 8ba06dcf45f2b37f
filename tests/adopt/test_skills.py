"""Skills that others made: adopted without a new version where the files are equal, otherwise with one."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from tests.chaos.rules import asks
from tests.chaos.world import World
from tests.guards.kills import kill_at
from tests.guards.steps import apply, assert_refused, assert_settled, state_of, writes

ABOUT = "---\nname: grading\ndescription: Grades homework.\n---\n\nGrade.\n"
FILES = {"SKILL.md": ABOUT, "scripts/grade.py": "print(1)\n"}
MANIFEST = """\
skills:
  grading: {path: skills/grading}
assistants:
  grader: {instructions: Grade., target: agents, environment: {skills: [grading], network: {access: disabled}}}
"""


def make_skill(world: World, files: Mapping[str, str] = FILES) -> str:
    """Uploads a skill as other people do, and returns its id."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(f"grading/{path}", text)
    return world.client().skills.create(files=("grading.zip", packed.getvalue(), "application/zip")).id


def declare(world: World, id: str, files: Mapping[str, str] = FILES) -> None:
    """Writes the manifests that import the skill, and the files of the skill."""
    for path, text in files.items():
        world.write(f"skills/grading/{path}", text)
    world.write("notes.yaml", f"imports:\n  - {{to: skill.grading, id: {id}}}\n{MANIFEST}")


def versions(world: World, id: str) -> list[str]:
    return sorted(str(each.version) for each in world.client().skills.versions.list(id))


def record_of(world: World) -> dict[str, Any]:
    record: dict[str, Any] = state_of(world)["records"]["skill.grading"]
    return record


def test_a_skill_with_equal_files_is_adopted_without_a_new_version(world: World) -> None:
    id = make_skill(world)
    declare(world, id)
    planned = world.run("plan")
    assert f"{id} exists already and is taken over; nothing is uploaded" in planned.out, planned.said
    apply(world)
    assert not [each for each in writes(world) if "/skills" in each]
    assert (record_of(world)["id"], record_of(world)["adopted"]) == (id, True)
    assert_settled(world)


@pytest.mark.thorough
def test_a_skill_with_other_files_gets_a_new_version_and_keeps_the_former_one(world: World) -> None:
    id = make_skill(world)
    declare(world, id, {**FILES, "scripts/grade.py": "print(2)\n"})
    planned = world.run("plan")
    assert "the files here become a new version of it, and version 1 stays" in planned.out, planned.said
    assert "content differs from the manifest" in planned.out
    apply(world)
    assert versions(world, id) == ["1", "2"]
    assert world.client().skills.retrieve(id).default_version == "2"
    assert_settled(world)
    world.edit("skills/grading/scripts/grade.py", "2", "3")
    apply(world)
    assert versions(world, id) == ["1", "3"]  # the version of others stays, and provision's own one is replaced
    assert_settled(world)


def test_a_file_more_or_less_is_a_difference(world: World) -> None:
    for files in ({"SKILL.md": ABOUT}, {**FILES, "more.txt": "more\n"}):
        id = make_skill(world, files)
        declare(world, id)
        planned = world.run("plan")
        assert "content differs from the manifest" in planned.out, planned.said


@pytest.mark.thorough
def test_an_adopted_skill_that_leaves_is_forgotten_and_stays(world: World) -> None:
    id = make_skill(world)
    declare(world, id)
    apply(world)
    world.write("notes.yaml", "assistants: {}\n")
    planned = world.run("plan")
    assert "it was adopted, so it stays at OpenAI" in planned.out, planned.said
    apply(world)
    assert versions(world, id) == ["1"]
    assert "skill.grading" not in state_of(world)["records"]


def test_a_skill_that_does_not_exist_is_refused_at_the_import(world: World) -> None:
    declare(world, "skill_gone")
    refused = world.run("apply", "--yes", "--grace", "0")
    assert_refused(world, refused, 1, "notes.yaml:2:", "there is no skill skill_gone in this account")


def test_a_command_imports_a_skill(world: World) -> None:
    id = make_skill(world)
    declare(world, id)
    world.write("notes.yaml", MANIFEST)
    imported = world.run("import", "skill.grading", id, "--yes", "--grace", "0")
    assert imported.code == 0, imported.said
    assert record_of(world)["id"] == id


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("answered", [True, False], ids=["carried out", "never heard"])
def test_a_killed_adoption_uploads_one_new_version(world: World, answered: bool) -> None:
    id = make_skill(world)
    declare(world, id, {**FILES, "scripts/grade.py": "print(2)\n"})
    kill_at(world, asks("POST", f"/{id}/versions"), answered=answered)
    apply(world)
    assert (record_of(world)["id"], record_of(world)["adopted"]) == (id, True)
    assert versions(world, id) == ["1", "2"]
    assert_settled(world)


def test_a_state_that_is_rebuilt_knows_that_an_import_was_adopted(world: World) -> None:
    id = make_skill(world)
    declare(world, id)
    apply(world)
    shutil.rmtree(world.root / "state")
    assert world.run("state", "rebuild").code == 0
    assert (record_of(world)["id"], record_of(world)["adopted"]) == (id, True)
