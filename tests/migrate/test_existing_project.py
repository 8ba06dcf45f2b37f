"""`migrate` into the folder of a project: its names, target, defaults and environments are respected."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provisioner.core.errors import UsageError
from provisioner.manifest import load
from provisioner.manifest.migration.migrating import Migration, migrate
from provisioner.manifest.writing.folder import write_folder

DUMP = [
    {"id": "asst_1", "object": "assistant", "name": "Poet", "model": "gpt-4o", "instructions": "Rhyme."},
    {"id": "asst_2", "object": "assistant", "name": "Tutor", "model": "gpt-4o", "instructions": "Teach."},
    {"id": "vs_1", "object": "vector_store", "name": "Handbook"},
]
SETTINGS = """\
project: school
target: agents
defaults: {model: gpt-6-luna, metadata: {team: arts}}
environments:
  dev: {ignore: [only-prod.yaml]}
  prod: {}
"""
NOTES = """\
imports: [{to: vector_store.book, id: vs_7, environment: prod}]
moved: [{from: assistant.tutor, to: assistant.coach}]
vector_stores: {book: {name: Book}}
assistants: {coach: {instructions: Coach.}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The manifests' folder of a project, and a dump beside it."""
    folder = tmp_path / "manifests"
    folder.mkdir()
    (folder / "provision.yaml").write_text(SETTINGS)
    (folder / "notes.yaml").write_text(NOTES)
    (folder / "only-prod.yaml").write_text("assistants: {poet: {instructions: Rhyme.}}\n")
    (tmp_path / "dump.json").write_text(json.dumps(DUMP))
    return folder


def addresses(made: Migration) -> list[str | None]:
    return [each.address for each in made.objects]


def test_names_that_any_environment_takes_are_not_taken_again(project: Path) -> None:
    made = migrate([project.parent / "dump.json"], project / "old")
    assert made.target == "agents"
    assert addresses(made) == ["assistant.poet-2", "assistant.tutor-2", "vector_store.handbook"]
    write_folder(project / "old", made.files)
    for environment in ("dev", "prod"):
        resources = {str(each.address): each for each in load(project, environment).resources}
        assert "metadata" not in resources["assistant.poet-2"].inputs
        assert resources["assistant.poet-2"].type == "agent"
    assert "assistant.poet" in resources


def test_another_target_than_that_of_the_project_is_written(project: Path) -> None:
    made = migrate([project.parent / "dump.json"], project / "old", "assistants")
    write_folder(project / "old", made.files)
    types = {str(each.address): each.type for each in load(project, "dev").resources}
    assert (types["assistant.poet-2"], types["assistant.coach"]) == ("assistant", "agent")


def test_imports_are_for_the_chosen_environment(project: Path) -> None:
    made = migrate([project.parent / "dump.json"], project / "old", "assistants", imports=True, environment="prod")
    assert str(made.files["imports.yaml"]).count("environment: prod") == 3
    with pytest.raises(UsageError, match="no environment is chosen"):
        migrate([project.parent / "dump.json"], project / "old", imports=True)


def test_what_the_project_imports_is_left_out_with_a_warning(project: Path) -> None:
    (project.parent / "dump.json").write_text(
        json.dumps([*DUMP, {"id": "vs_7", "object": "vector_store", "name": "B"}])
    )
    made = migrate([project.parent / "dump.json"], project / "old", imports=True, environment="prod")
    assert [each.id for each in made.objects] == ["asst_1", "asst_2", "vs_1"]
    [warning] = made.problems
    assert "vs_7 is imported already" in warning.message
