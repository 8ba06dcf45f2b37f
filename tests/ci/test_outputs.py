"""What the command line tells GitHub's runner: outputs and the job's summary, where their files are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import Finished, Provision, WriteProject

LINE = re.compile(r"(has_changes=(true|false)|[a-z]+=\d+)\n")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str | None]:
    """The variables, and files that hold something already."""
    for name in ("output", "summary"):
        (tmp_path / name).write_text(f"{name}=before\n", encoding="utf-8")
    return {"GITHUB_OUTPUT": str(tmp_path / "output"), "GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}


def outputs(tmp_path: Path) -> dict[str, str]:
    first, *lines = (tmp_path / "output").read_text(encoding="utf-8").splitlines(keepends=True)
    assert first == "output=before\n"
    assert all(LINE.fullmatch(line) for line in lines), lines
    return dict(line.strip().split("=") for line in lines)


def summary(tmp_path: Path) -> str:
    return (tmp_path / "summary").read_text(encoding="utf-8")


@pytest.fixture
def tutor(project: WriteProject) -> Path:
    return project({"a.yaml": "assistants: {tutor: {instructions: Teach.}}\n"})


def test_a_plan_is_told(tutor: Path, provision: Provision, files: dict[str, str | None]) -> None:
    assert provision("plan", env=files).code == 0
    assert outputs(tutor) == {
        "has_changes": "true", "create": "1", "update": "0", "replace": "0",
        "delete": "0", "adopt": "0", "forget": "0", "unchanged": "0",
    }  # fmt: skip
    assert summary(tutor).startswith("summary=before\n### 📝 provision plan: `test · default`\n")
    assert "assistant.tutor" in summary(tutor)


def test_apply_and_destroy_tell_what_was_done(tutor: Path, provision: Provision, files: dict[str, str | None]) -> None:
    assert provision("apply", "--yes", env=files).code == 0
    told = outputs(tutor)
    assert (told["has_changes"], told["create"]) == ("true", "1")
    assert (told["applied"], told["failed"], told["skipped"]) == ("1", "0", "0")
    assert "```text\nDone: 1 applied in" in summary(tutor)
    assert provision("plan", env=files).code == 0
    assert (outputs(tutor)["has_changes"], outputs(tutor)["unchanged"]) == ("false", "1")
    assert provision("destroy", "--yes", env=files).code == 0
    assert (outputs(tutor)["delete"], outputs(tutor)["applied"]) == ("1", "1")


def test_what_fails_is_told(
    project: WriteProject, provision: Provision, tmp_path: Path, files: dict[str, str | None]
) -> None:
    project({"a.yaml": 'vector_stores: {notes: {files: ["a.txt"]}}\n', "a.txt": "alpha"})
    provision.emulators(fail=("POST /vector_stores 400",))
    assert provision("apply", "--yes", env=files).code == 1
    told = outputs(tmp_path)
    assert (told["applied"], told["failed"], told["skipped"]) == ("1", "1", "0")
    assert "failed vector_store.notes" in summary(tmp_path)


def test_json_stays_json(tutor: Path, provision: Provision, files: dict[str, str | None]) -> None:
    ended = provision("plan", "--json", env=files)
    assert ended.stdout == provision("plan", "--json").stdout
    assert outputs(tutor)["create"] == "1"


def test_without_the_variables_nothing_is_written(tutor: Path, provision: Provision) -> None:
    before = set(tutor.iterdir())
    assert provision("plan", env={"GITHUB_OUTPUT": "", "GITHUB_STEP_SUMMARY": ""}).code == 0
    assert set(tutor.iterdir()) == before


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("variable", ["GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"])
@pytest.mark.parametrize("where", ["missing/file", "manifests", "full"])
def test_a_file_that_cannot_be_written_is_a_warning(
    tutor: Path, provision: Provision, variable: str, where: str
) -> None:
    path = "/dev/full" if where == "full" else str(tutor / where)
    ended: Finished = provision("plan", env={variable: path})
    assert ended.code == 0
    assert f"warning: {variable} ({path}) cannot be written: " in ended.stderr
    assert "1 to create" in ended.stdout


def test_a_summary_that_is_full_is_left_as_it_is(
    tutor: Path, provision: Provision, files: dict[str, str | None]
) -> None:
    (tutor / "summary").write_bytes(b"x" * (1024 * 1024 - 10))
    ended = provision("plan", env=files)
    assert ended.code == 0
    assert "warning: GITHUB_STEP_SUMMARY is full" in ended.stderr
    assert (tutor / "summary").stat().st_size == 1024 * 1024 - 10


def test_no_name_brings_a_line_of_its_own(
    project: WriteProject, provision: Provision, tmp_path: Path, files: dict[str, str | None]
) -> None:
    project({"a.yaml": 'vector_stores: {notes: {name: "x\\nhas_changes=false", files: ["*.txt"]}}\n'})
    (tmp_path / "manifests" / "a\ncreate=0.txt").write_text("alpha", encoding="utf-8")
    ended = provision("plan", env=files)
    assert ended.code == 0, ended.stderr
    assert (outputs(tmp_path)["has_changes"], outputs(tmp_path)["create"]) == ("true", "2")
