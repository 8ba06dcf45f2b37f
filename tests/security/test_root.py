"""A branch chooses the root only within the repository; the whole disk and the home folder are never the root."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.core.errors import InvalidManifest
from provisioner.manifest import Settings
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import read_settings
from tests.conftest import Provision, WriteProject


def write(folder: Path, root: str | None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    line = f"root: '{root}'\n" if root else ""
    (folder / "provision.yaml").write_text(f"project: test\n{line}", encoding="utf-8")
    return folder


def read(folder: Path, root: str | None = None) -> Settings:
    report = Report()
    settings = read_settings(write(folder, root), None, {}, report)
    report.finish()
    return settings


def refusal(folder: Path, root: str | None = None) -> str:
    with pytest.raises(InvalidManifest) as caught:
        read(folder, root)
    return "\n".join(map(str, caught.value.diagnostics))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "homes" / "me"
    folder.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    return folder


@pytest.mark.parametrize("root", ["/", "../../../../../../../../../..", "//"])
def test_the_whole_disk_is_refused(tmp_path: Path, root: str) -> None:
    assert "the whole file system" in refusal(tmp_path / "manifests", root)


@pytest.mark.parametrize(("root", "said"), [("../..", "your home folder"), ("../../..", "above your home folder")])
def test_the_home_folder_is_refused(home: Path, root: str, said: str) -> None:
    assert said in refusal(home / "project" / "manifests", root)


def test_the_home_folder_by_a_link_is_refused(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to(home)
    monkeypatch.setenv("HOME", str(tmp_path / "link"))
    assert "your home folder" in refusal(home / "project" / "manifests", "../..")


def test_manifests_in_the_home_folder_are_their_own_root(home: Path) -> None:
    assert read(home / "manifests").root == home / "manifests"


def test_settings_in_the_home_folder_itself_are_refused(home: Path) -> None:
    assert "your home folder" in refusal(home)


@pytest.mark.parametrize("git", ["folder", "file"])
def test_a_root_above_the_repository_is_refused(tmp_path: Path, git: str) -> None:
    repository = tmp_path / "outer" / "repository"
    manifests = write(repository / "team" / "manifests", None)
    if git == "folder":
        (repository / ".git").mkdir()
    else:
        (repository / ".git").write_text("gitdir: elsewhere\n", encoding="utf-8")
    assert read(manifests).root == repository / "team"
    assert read(manifests, "../..").root == repository
    assert "above the repository" in refusal(manifests, "../../..")
    assert "above the repository" in refusal(manifests, str(tmp_path))


def test_the_nearest_repository_counts(tmp_path: Path) -> None:
    for folder in (tmp_path / "outer", tmp_path / "outer" / "inner"):
        (folder / ".git").mkdir(parents=True)
    assert "above the repository" in refusal(tmp_path / "outer" / "inner" / "manifests", "../..")


def test_settings_at_the_top_of_a_repository_make_it_the_root(tmp_path: Path) -> None:
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    assert read(tmp_path / "repository").root == tmp_path / "repository"
    assert read(tmp_path / "repository", ".").root == tmp_path / "repository"
    assert "above the repository" in refusal(tmp_path / "repository", "..")


def test_without_a_repository_a_wider_root_is_allowed(tmp_path: Path) -> None:
    assert read(tmp_path / "a" / "b" / "manifests", "../..").root == tmp_path / "a"


@pytest.mark.thorough
@pytest.mark.timeout(120)
def test_a_run_reads_nothing_above_the_repository_and_names_another_root(
    project: WriteProject, provision: Provision, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "secret.txt"
    outside.write_text("OUTSIDE-TEXT", encoding="utf-8")
    manifest = f"assistants: {{a: {{instructions: [{{file: '{outside}'}}]}}}}\n"
    folder = project({"a.yaml": manifest, "provision.yaml": "project: test\nroot: /\n"})
    code, stdout, stderr = provision("--emulator", "plan", online=False)
    assert code == 1
    assert "OUTSIDE-TEXT" not in stdout + stderr
    assert "the whole file system" in stderr
    project(
        {
            "a.yaml": "assistants: {a: {model: gpt-6-luna, instructions: Help.}}\n",
            "provision.yaml": "project: test\nroot: .\n",
        }
    )
    code, _, stderr = provision("--emulator", "plan", online=False)
    assert code == 0, stderr
    assert f"root {folder / 'manifests'}" in stderr
