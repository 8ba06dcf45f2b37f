"""Applies that do not get to their end: killed while an answer was on its way, and asked to stop."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Emulators, Provision, WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import apply
from tests.warm.commands import WarmProvision

LATENCY = 0.08
"""Seconds from a request to its answer: long enough to be stopped in between."""
PATIENCE = 20.0
AT_ONCE = ("--grace", "0")
"""These tests know that no request of the killed run is still on its way."""

MANIFEST = """
vector_stores:
  notes: {files: [notes/*.txt]}
assistants:
  coder: {target: agents, instructions: Count., tools: [code_interpreter]}
  reader:
    instructions: Read.
    tools: [{type: file_search, vector_stores: [notes]}]
"""
EVERYTHING = {"files": 2, "stores": 1, "agents": 1, "templates": 1}


@pytest.fixture
def folder(project: WriteProject) -> Path:
    return project({"all.yaml": MANIFEST, "notes/a.txt": "alpha", "notes/b.txt": "beta"})


@contextmanager
def applying(cold: Provision, *options: str) -> Iterator[subprocess.Popen[str]]:
    """An apply that is under way."""
    process = subprocess.Popen(
        cold.command("apply", "--yes", *options),
        cwd=cold.folder,
        env=cold.environment(cold.emulators.latest.base_url, {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.002)


def stop_before_the_answer(process: subprocess.Popen[str], arrived: Callable[[], bool]) -> None:
    """Lets the process run for moments shorter than the latency until the server has done what it asked for."""
    while not arrived():
        process.send_signal(signal.SIGCONT)
        time.sleep(LATENCY / 2)
        process.send_signal(signal.SIGSTOP)
        time.sleep(LATENCY * 1.3)


def journal(folder: Path) -> list[dict[str, Any]]:
    """The journal's whole lines."""
    path = folder / "state/default.journal"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def begun(folder: Path, type_: str) -> bool:
    return any(entry["entry"] == "begin" and entry["type"] == type_ for entry in journal(folder))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("type_", "path"),
    [
        ("file", "/v1/files"),
        ("vector_store", "/v1/vector_stores"),
        ("environment_template", "/v1/agents/environments/templates"),
        ("agent", "/v1/agents"),
    ],
)
def test_a_create_whose_answer_nobody_heard_is_not_made_twice(
    type_: str,
    path: str,
    cold: Provision,
    provision: WarmProvision,
    folder: Path,
    emulator: Emulators,
    account: Account,
) -> None:
    data = folder.parent / f"{folder.name}.db"
    slow = emulator(data=data, latency_ms=int(LATENCY * 1000))
    with applying(cold) as process:
        wait_for(lambda: begun(folder, type_))
        stop_before_the_answer(process, lambda: slow.count("POST", path) > 0)
        process.kill()
    assert not (folder / "state/default.json").exists()
    emulator(data=data)
    apply(provision, *AT_ONCE)
    assert account.counts() == EVERYTHING
    assert set(account.members(account.stores()["notes"].id)) == set(account.files().values())


@pytest.mark.thorough
def test_a_create_that_was_never_sent_is_made(
    cold: Provision, provision: WarmProvision, folder: Path, emulator: Emulators, account: Account
) -> None:
    data = folder.parent / f"{folder.name}.db"
    emulator(data=data, fail=("POST * drop-before", "POST /files hang"))
    with applying(cold) as process:
        wait_for(lambda: begun(folder, "file"))
        process.kill()
    emulator(data=data)
    apply(provision, *AT_ONCE)
    assert account.counts() == EVERYTHING


@pytest.mark.thorough
def test_an_update_whose_answer_nobody_heard_is_no_drift(
    cold: Provision, provision: WarmProvision, folder: Path, emulator: Emulators, account: Account
) -> None:
    data = folder.parent / f"{folder.name}.db"
    emulator(data=data)
    apply(provision)
    manifest = folder / "manifests/all.yaml"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("Count.", "Count twice."), encoding="utf-8")
    slow = emulator(data=data, latency_ms=int(LATENCY * 1000))
    with applying(cold) as process:
        wait_for(lambda: begun(folder, "agent"))
        stop_before_the_answer(process, lambda: slow.count("POST", "/v1/agents/*") > 0)
        process.kill()
    emulator(data=data)
    apply(provision, *AT_ONCE)
    assert [agent.instructions for agent in account.agents().values()] == ["Count twice."]


@pytest.mark.thorough
def test_ctrl_c_lets_what_runs_finish(
    cold: Provision, provision: WarmProvision, folder: Path, emulator: Emulators, account: Account
) -> None:
    data = folder.parent / f"{folder.name}.db"
    emulator(data=data, latency_ms=int(LATENCY * 1000))
    with applying(cold, "--parallelism", "1") as process:
        # The first is over then, and the second runs or is about to be sent.
        wait_for(lambda: sum(entry["entry"] == "begin" for entry in journal(folder)) == 2)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in err
    assert "skipped: interrupted" in err
    assert "Interrupted: " in out
    assert "apply again" in out
    emulator(data=data)
    state = json.loads((folder / "state/default.json").read_text(encoding="utf-8"))
    assert len(state["records"]) >= 1
    assert not (folder / "state/default.journal").exists()
    assert sum(account.counts().values()) == sum("@" not in record["id"] for record in state["records"].values())
    apply(provision)
    assert account.counts() == EVERYTHING


@pytest.mark.thorough
def test_ctrl_c_does_not_wait_for_files_to_be_indexed(
    cold: Provision, provision: WarmProvision, folder: Path, emulator: Emulators, account: Account
) -> None:
    slow = emulator(indexing_ms=1200)
    with applying(cold) as process:
        wait_for(lambda: slow.count("GET", "/v1/vector_stores/*/files") > 0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "Traceback" not in err
    assert 'file["manifests/notes/a.txt"]: is still being indexed' in out
    apply(provision)
    assert account.counts() == EVERYTHING
    assert set(account.members(account.stores()["notes"].id)) == set(account.files().values())
