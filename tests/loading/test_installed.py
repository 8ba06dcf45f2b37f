"""The wheel, as an application installs it: without extras, and even without its dependencies, it loads."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.backends.places import missing
from tests.conftest import CHECKOUT
from tests.loading.conftest import Project, definition

USE = """
from provisioner import load
print(load('poet')['model'], load('poet', path='state/default.json')['model'])
"""
EXTRAS = """
from importlib.util import find_spec
print([name for name in ('starlette', 'obstore', 'psycopg', 'cryptography') if find_spec(name)])
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=True)
    [path] = folder.glob("*.whl")
    return path


def run(command: list[str], cwd: Path) -> str:
    ended = subprocess.run(command, cwd=cwd, env={"LANG": "C.UTF-8"}, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_without_any_dependency_a_state_in_a_folder_is_loaded(wheel: Path, project: Project) -> None:
    project.state(definition())
    code = f"import sys; sys.path.insert(0, {str(wheel)!r}); from provisioner import load; print(load('poet')['model'])"
    assert run([sys.executable, "-I", "-S", "-c", code], project.root) == "gpt-6-luna\n"


@pytest.mark.thorough
@pytest.mark.timeout(1500)
def test_with_the_dependencies_and_without_extras(wheel: Path, project: Project, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = str(tmp_path / "venv/bin/python")
    command = [python, "-m", "pip", "install", "--quiet", str(wheel)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        missing("the package index, for the dependencies of the wheel,")
    project.state(definition())
    assert run([python, "-c", EXTRAS], project.root) == "[]\n"
    assert run([python, "-c", USE], project.root) == "gpt-6-luna gpt-6-luna\n"
    project.settings("project: library\nstate: &here ../state\n")
    assert run([python, "-c", USE], project.root) == "gpt-6-luna gpt-6-luna\n"
