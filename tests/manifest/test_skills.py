"""Which files of a folder are a skill, and which are refused: sizes, numbers, links, and what may not be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.core.kinds.skill_limits import MOST_FILE_BYTES, MOST_FILES
from provisioner.core.resource import Resource
from provisioner.manifest import load

SKILL = "---\nname: s\ndescription: Does.\n---\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the one skill of a project."""
    skill = tmp_path / "manifests/skills/s"
    skill.mkdir(parents=True)
    (tmp_path / "manifests/provision.yaml").write_text("project: p\nstate: ../state\n")
    (tmp_path / "manifests/all.yaml").write_text("skills: {s: {path: skills/s/}}\n")
    (skill / "SKILL.md").write_text(SKILL)
    return skill


def loaded(folder: Path) -> Resource:
    [resource] = load(folder.parent.parent).resources
    return resource


def refusal(folder: Path) -> str:
    with pytest.raises(InvalidManifest) as refused:
        loaded(folder)
    return "; ".join(each.message for each in refused.value.diagnostics)


def test_every_file_is_located_where_it_is(folder: Path) -> None:
    (folder / "a").mkdir()
    (folder / "a/b.txt").write_text("b")
    resource = loaded(folder)
    assert set(resource.inputs["content"]) == {"SKILL.md", "a/b.txt"}
    assert dict(resource.files) == {"SKILL.md": folder / "SKILL.md", "a/b.txt": folder / "a/b.txt"}


def test_names_are_compared_in_one_normal_form(folder: Path) -> None:
    (folder / "cafe\u0301.txt").write_text("x")
    resource = loaded(folder)
    assert "caf\u00e9.txt" in resource.inputs["content"]
    assert resource.files["caf\u00e9.txt"].exists()
    (folder / "caf\u00e9.txt").write_text("y")
    assert "differ only in how their characters are composed" in refusal(folder)


def test_a_file_that_is_too_large_is_refused(folder: Path) -> None:
    (folder / "large").touch()
    os.truncate(folder / "large", MOST_FILE_BYTES + 1)
    assert "`large` has 25 MB, and a file of a skill at most 25 MB" in refusal(folder)


def test_too_many_files_are_refused(folder: Path) -> None:
    for number in range(MOST_FILES):
        (folder / str(number)).touch()
    assert f"has {MOST_FILES + 1} files, and a skill has at most {MOST_FILES}" in refusal(folder)


def test_a_link_out_of_the_root_is_left_out(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    secret.write_text("secret")
    (folder / "link.txt").symlink_to(secret)
    manifest = load(folder.parent.parent)
    assert set(manifest.resources[0].inputs["content"]) == {"SKILL.md"}
    assert "`manifests/skills/s/link.txt` is left out: a link that leads outside the root" in str(manifest.diagnostics)


def test_a_folder_behind_a_link_out_of_the_root_is_refused(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "SKILL.md").write_text(SKILL)
    (folder / "SKILL.md").unlink()
    folder.rmdir()
    folder.symlink_to(elsewhere)
    assert "is a link to a file outside the root" in refusal(folder)


def test_what_holds_secrets_is_left_out(folder: Path) -> None:
    for name in (".env", ".git/config", ".hidden"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("secret")
    assert set(loaded(folder).inputs["content"]) == {"SKILL.md"}


def test_manifests_below_the_folder_declare_nothing(folder: Path) -> None:
    (folder / "more.yaml").write_text("skills: {other: {path: nowhere}}\n")
    (folder / "broken.yaml").write_text("a: [\n")
    assert set(loaded(folder).inputs["content"]) == {"SKILL.md", "more.yaml", "broken.yaml"}


def test_a_pipe_is_left_out(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert set(loaded(folder).inputs["content"]) == {"SKILL.md"}
