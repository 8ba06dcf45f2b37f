"""`.provision/` is this machine's own: what a branch brings along in it is not used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from provisioner.core.errors import UsageError
from provisioner.project.gitindex import holds_tracked
from provisioner.project.private_folder import open_private, private_folder
from tests.conftest import Provision, WriteProject
from tests.security.repositories import run_git

INSIDE = "assistants: {insider: {instructions: Answer shortly.}}\n"


def track(repository: Path, *names: str) -> None:
    run_git("init", "-q", folder=repository)
    for name in names:
        path = repository / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("{}", encoding="utf-8")
        run_git("add", "-f", name, folder=repository)


@pytest.mark.parametrize(
    "name",
    [
        *(".provision/emulator.db", ".provision/emulator.db-journal", ".provision/emulator.db-wal"),
        *(".provision/state/default.json", ".provision/models.json", ".provision/deep/er/x", ".PROVISION/emulator.db"),
    ],
)
def test_tracked_files_are_refused(tmp_path: Path, name: str) -> None:
    track(tmp_path, name)
    (tmp_path / ".provision").mkdir(exist_ok=True)
    with pytest.raises(UsageError, match="git tracks") as caught:
        private_folder(tmp_path)
    assert "git rm" in (caught.value.hint or "")
    with pytest.raises(OSError, match="git tracks"):
        open_private(tmp_path)


def test_the_repository_may_lie_above_the_root(tmp_path: Path) -> None:
    track(tmp_path, "team/campus/.provision/state/default.json")
    assert holds_tracked(tmp_path / "team" / "campus" / ".provision", {})
    assert not holds_tracked(tmp_path / "team" / ".provision", {})


def test_names_that_only_begin_alike_are_something_else(tmp_path: Path) -> None:
    track(tmp_path, ".provision.yaml", ".provisional/emulator.db", "sub/.provision/emulator.db")
    assert private_folder(tmp_path) == tmp_path / ".provision"
    assert open_private(tmp_path).is_dir()


def test_a_submodule_at_its_place_is_refused(tmp_path: Path) -> None:
    track(tmp_path, "a")
    sub = tmp_path / ".provision"
    sub.mkdir()
    track(sub, "emulator.db")
    run_git("commit", "-q", "-m", "x", folder=sub)
    run_git("add", ".provision", folder=tmp_path)
    with pytest.raises(UsageError, match="git tracks"):
        private_folder(tmp_path)


def test_an_index_that_is_not_understood_is_refused(tmp_path: Path) -> None:
    track(tmp_path, "a")
    open_private(tmp_path)
    (tmp_path / ".git" / "index").write_bytes(b"DIRC" + bytes(40))
    with pytest.raises(UsageError, match="may track"):
        private_folder(tmp_path)


@pytest.mark.thorough
@pytest.mark.timeout(120)
def test_a_run_with_a_tracked_database_or_a_forged_one(project: WriteProject, provision: Provision) -> None:
    folder = project({"a.yaml": INSIDE})
    assert provision("--emulator", "apply", "--yes", online=False).code == 0
    assert provision("--emulator", "plan", online=False).code == 0
    database = folder / ".provision" / "emulator.db"
    track(folder, ".provision/emulator.db")
    code, _, stderr = provision("--emulator", "plan", online=False)
    assert code == 1
    assert "git tracks files in it" in stderr
    run_git("rm", "-q", "--cached", ".provision/emulator.db", folder=folder)
    with sqlite3.connect(database) as connection:
        connection.executescript("CREATE TRIGGER evil BEFORE INSERT ON documents BEGIN SELECT 1; END;")
    code, _, stderr = provision("--emulator", "plan", online=False)
    assert code == 1
    assert "its tables are not those" in stderr
