"""The functions for programs, and every example of docs/library.md, over real HTTP."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import provisioner
from provisioner.core.address import Address
from provisioner.core.errors import Blocked, InvalidManifest, UsageError
from provisioner.planning.event import ApplyEnded, ApplyStarted, Event, Finished
from provisioner.planning.plan import Action
from tests.chaos.world import World
from tests.conftest import CHECKOUT, KEY

EXAMPLES = re.findall(r"```python\n(.*?)```", (CHECKOUT / "docs/library.md").read_text(encoding="utf-8"), re.DOTALL)
SETTINGS = "project: library\nstate: ../state\ndefaults: {model: gpt-6-luna}\n"
MANIFEST = "vector_stores: {notes: {}}\nassistants: {poet: {instructions: Rhyme.}}\n"


@pytest.fixture
def project(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with an environment `dev`; the process's environment names the emulator."""
    for name, value in (("OPENAI_BASE_URL", world.proxy.base_url), ("OPENAI_API_KEY", KEY)):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("CI", raising=False)
    folder = tmp_path / "programs/projects/library"
    write(folder, "provision.yaml", SETTINGS + "environments: {dev: {}, prod: {protected: true}}\n")
    write(folder, "all.yaml", MANIFEST)
    monkeypatch.chdir(tmp_path / "programs")
    return folder


def write(folder: Path, name: str, text: str) -> None:
    (folder / "manifests").mkdir(parents=True, exist_ok=True)
    (folder / "manifests" / name).write_text(text, encoding="utf-8")


def test_plan_and_apply(project: Path) -> None:
    events: list[Event] = []
    planned = provisioner.plan(project, env="dev")
    assert {change.action for change in planned.changes} == {Action.CREATE}
    applied = provisioner.apply(project, env="dev", grace=0, on_event=events.append)
    assert applied.plan.changes == planned.changes
    assert applied.outcome.exit_code() == 0
    assert {type(event) for event in events} >= {ApplyStarted, Finished, ApplyEnded}
    assert provisioner.plan(project, env="dev").changes == ()
    assert provisioner.apply(project, env="dev").outcome.applied == []
    write(project, "all.yaml", MANIFEST.replace("notes", "papers").replace("poet", "bard"))
    renamed = provisioner.apply(project, env="dev").plan.changes
    assert {change.moved_from for change in renamed} == {Address("vector_store", "notes"), Address("assistant", "poet")}


def test_what_stops_a_command_raises(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Blocked, match="prod is protected"):
        provisioner.apply(project, env="prod")
    with pytest.raises(Blocked, match="not approved"):
        provisioner.apply(project, env="dev", approve=lambda plan: False)
    with pytest.raises(UsageError, match="nothing is called"):
        provisioner.plan(project, env="dev", only=["vector_store.other"])
    write(project, "all.yaml", "vector_stores: {notes: {nmae: x}}\n")
    with pytest.raises(InvalidManifest):
        provisioner.plan(project, env="dev")
    assert capsys.readouterr() == ("", "")


def test_every_example_of_the_page_runs(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert len(EXAMPLES) == 5
    for example in EXAMPLES:
        exec(compile(example, "docs/library.md", "exec"), {"__name__": "example"})
    shown = capsys.readouterr().out
    assert "create vector_store.notes not there yet" in shown
    assert "2 applied" in shown
