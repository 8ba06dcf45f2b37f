"""What the tests of CI share: GitHub on this machine, and a runner with a project checked out twice."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ci.hub import Hub, opened
from tests.ci.runner import Runner
from tests.conftest import Emulators, write_file
from tests.warm.forks import Forks

SETTINGS = """\
project: helpers
state: ../../state
defaults: {model: gpt-6-luna}
"""
NOTES = """\
vector_stores: {notes: {files: ["notes/*.txt"]}}
assistants: {tutor: {instructions: Teach., tools: [{type: file_search, vector_stores: [notes]}]}}
"""


@pytest.fixture
def hub() -> Iterator[Hub]:
    with opened() as opened_hub:
        yield opened_hub


@pytest.fixture(scope="session")
def warm_command(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    command = tmp_path_factory.mktemp("bin") / "provision"
    forks.write_command(command)
    return command


@pytest.fixture
def runner(tmp_path: Path, hub: Hub, emulator: Emulators, warm_command: Path) -> Runner:
    """A pull request is checked out: `head`, a git repository, and `base`. Both are alike."""
    workspace, temp = tmp_path / "workspace", tmp_path / "temp"
    temp.mkdir()
    for name, text in {"provision.yaml": SETTINGS, "notes.yaml": NOTES, "notes/a.txt": "alpha"}.items():
        write_file(workspace / "head" / "manifests" / name, text)
    shutil.copytree(workspace / "head", workspace / "base")
    for command in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", *command], cwd=workspace / "head", check=True)
    runner = Runner(workspace, temp, hub, emulator().base_url, command=warm_command)
    runner.pull_request()
    return runner


def edit(runner: Runner, name: str, text: str, checkout: str = "head") -> None:
    """Writes a file of a checkout's manifests."""
    write_file(runner.workspace / checkout / "manifests" / name, text)
