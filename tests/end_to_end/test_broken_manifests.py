"""Commands that read the state or take a lock away work while a manifest is broken: an incident does not wait."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import SETTINGS, Provision, WriteProject
from tests.warm.commands import WarmProvision

MANIFEST = "assistants: {a: {instructions: Help., tools: [{type: file_search, vector_stores: [s]}]}}\n"
STORE = "vector_stores: {s: {files: [notes.txt]}}\n"


@pytest.mark.thorough
@pytest.mark.parametrize(
    "broken",
    [
        {"manifests/a.yaml": MANIFEST.replace("instructions", "instructoins")},
        {"manifests/a.yaml": "assistants: {a: [\n"},
        {"manifests/s.yaml": STORE.replace("notes.txt", "missing.txt")},
        {"manifests/a.yaml": MANIFEST.replace("[s]", "[t]")},
        {"manifests/a.yaml": MANIFEST + "\0"},
    ],
)
def test_the_state_is_readable(
    provision: WarmProvision, project: WriteProject, tmp_path: Path, broken: dict[str, str]
) -> None:
    project({"provision.yaml": SETTINGS, "a.yaml": MANIFEST, "s.yaml": STORE, "notes.txt": "Notes.\n"})
    assert provision("apply", "--yes").code == 0
    commands = (
        ["output", "--json"],
        ["output", "a"],
        ["show"],
        ["show", "assistant.a"],
        ["state", "list"],
        ["state", "show", "vector_store.s"],
        ["state", "history"],
        ["state", "pull"],
        ["state", "restore", "1"],
    )
    before = [provision(*command) for command in commands[:-1]]
    assert provision("plan", "--out", "plan.json").code == 0
    for name, text in broken.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert provision("plan").code == 1
    after = [provision(*command) for command in commands[:-1]]
    assert [(each.code, each.stdout) for each in after] == [(0, each.stdout) for each in before]
    assert provision("show", "plan.json").code == 0
    assert provision(*commands[-1]).code == 0
    assert json.loads(provision("state", "pull").stdout)["serial"] == 2


def test_wrong_settings_are_told(provision: Provision, project: WriteProject) -> None:
    project({"provision.yaml": SETTINGS + "stat: x\n"})
    for command in (["output"], ["state", "list"], ["state", "unlock", "x"]):
        code, stdout, stderr = provision(*command)
        assert (code, stdout) == (1, "")
        assert "provision.yaml:4:1" in stderr
        assert "`state`" in stderr
