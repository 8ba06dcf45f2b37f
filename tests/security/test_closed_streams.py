"""Commands whose standard streams are closed, full or not there at all: no traceback, and no file gets the text."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = [sys.executable, "-m", "provisioner.cli"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.yaml").write_text(
        "assistants: {tutor: {instructions: Teach., model: gpt-6-luna}}\n", encoding="utf-8"
    )
    (tmp_path / "provision.yaml").write_text("project: closed\n", encoding="utf-8")
    return tmp_path


def run(project: Path, arguments: str, redirections: str) -> subprocess.CompletedProcess[str]:
    line = f"{shlex.join(COMMAND)} {arguments} {redirections}"
    env = {name: text for name, text in os.environ.items() if name != "OPENAI_API_KEY"}
    return subprocess.run(["sh", "-c", line], cwd=project, env=env, capture_output=True, text=True, check=False)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("redirections", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize(("arguments", "code"), [("validate", 0), ("plan", 1)])
def test_a_closed_stream_is_no_terminal(project: Path, arguments: str, code: int, redirections: str) -> None:
    ended = run(project, arguments, redirections)
    assert ended.returncode == code, ended
    assert "Traceback" not in ended.stdout + ended.stderr
    assert "bug" not in ended.stdout + ended.stderr


@pytest.mark.thorough
def test_what_is_written_to_a_closed_stream_is_in_no_file(project: Path) -> None:
    ended = run(project, "--emulator apply --yes", "<&- >&- 2>&-")
    assert ended.returncode == 0, ended
    for path in project.rglob("*"):
        if path.is_file() and path.suffix in (".json", ".journal"):
            assert "Plan:" not in path.read_text(encoding="utf-8")


@pytest.mark.thorough
@pytest.mark.parametrize("arguments", ["validate", "--help"])
def test_a_full_stdout_is_reported_as_the_output(project: Path, arguments: str) -> None:
    ended = run(project, arguments, ">/dev/full")
    assert ended.returncode == 1
    assert "error: the output cannot be written: No space left on device" in ended.stderr


@pytest.mark.thorough
def test_what_is_no_output_is_not_reported_as_output(project: Path) -> None:
    """In a working folder that is deleted in the meantime."""
    gone = project / "gone"
    gone.mkdir()
    line = f"cd {gone} && rmdir {gone} && exec {shlex.join(COMMAND)} validate"
    ended = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "the output cannot be written" not in ended.stderr
