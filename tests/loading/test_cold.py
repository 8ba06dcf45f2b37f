"""What a process imports that only loads. Each test starts an interpreter of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.loading.conftest import Project, definition

#: Libraries that an application need not have in its process.
FOREIGN = {"openai", "click", "rich", "jsonschema", "deepdiff", "httpx2"}
#: What takes long to import, and what a state in a folder is read without.
SLOW = {"typing", "dataclasses", "inspect", "pathlib", "yaml", "pydantic", "asyncio", "subprocess", "logging"}
#: Everything of this package that a state in a folder, in plain text, is read with.
MODULES = {
    "provisioner",
    *("provisioner.core", "provisioner.core.files", "provisioner.core.files.opening", "provisioner.core.posix"),
    *("provisioner.project", "provisioner.project.loading", "provisioner.project.loading.cache"),
    *("provisioner.core.jsondepth", "provisioner.core.runtime_values", "provisioner.project.loading.functions"),
    *("provisioner.project.loading.plain", "provisioner.project.loading.plain_settings"),
    *("provisioner.project.loading.recorded", "provisioner.state", "provisioner.state.hashing"),
}
SHOW = "; import json, sys; print(json.dumps([definition, sorted(sys.modules)]))"


def imported_by(code: str, cwd: Path, **environment: str) -> set[str]:
    """The modules that an interpreter has after this code, which sets `definition`."""
    ended = subprocess.run(
        [sys.executable, "-c", code + SHOW],
        cwd=cwd,
        env={"PATH": os.defpath, "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8", **environment},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    definition, modules = json.loads(ended.stdout)
    assert definition["model"] == "gpt-6-luna"
    return set(modules)


def test_a_state_in_a_folder_takes_few_modules(project: Project) -> None:
    project.state(definition())
    modules = imported_by("from provisioner import load; definition = load('poet')", project.root)
    assert {name for name in modules if name.partition(".")[0] == "provisioner"} == MODULES
    assert not modules & (FOREIGN | SLOW)


@pytest.mark.thorough
def test_the_whole_way_imports_no_client_and_no_command_line(project: Project) -> None:
    project.settings("project: library\nstate: &here ../state\n")
    project.state(definition())
    modules = imported_by("from provisioner import load; definition = load('poet')", project.root)
    assert "provisioner.project.loading.whole" in modules
    assert not modules & FOREIGN


def test_an_exported_file_takes_few_modules(project: Project) -> None:
    body = {"assistants": {"poet": {"target": "responses", "release": 1, "definition": {"model": "gpt-6-luna"}}}}
    (project.root / "shipped.json").write_text(json.dumps(body), encoding="utf-8")
    code = "from provisioner import load; definition = load('poet', path='shipped.json')"
    assert not imported_by(code, project.root) & (FOREIGN | SLOW - {"typing", "dataclasses", "inspect", "pathlib"})
