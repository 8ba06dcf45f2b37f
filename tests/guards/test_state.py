"""States and journals that are torn, another's, or cannot be written: each its message, and nothing is lost."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.chaos.rules import Kill
from tests.chaos.world import World
from tests.conftest import CHECKOUT
from tests.guards.steps import SETTINGS, apply, assert_refused, assert_settled, counts
from tests.warm.forks import KILLED

EVERYTHING = {"files": 2, "stores": 1, "agents": 1}
COMMANDS = (["plan"], ["apply", "--yes", "--grace", "0"], ["destroy", "--yes", "--grace", "0"])
LOOKS = (["output"], ["show"], ["state", "list"])


@pytest.fixture
def journal(world: World) -> Path:
    """The journal that a killed run left, over a state that was there before."""
    apply(world, "--only", "assistant.poet")
    killed = world.run_and_kill(Kill(6, answered=True), "apply", "--yes", "--parallelism", "1")
    assert killed == KILLED
    assert len(lines(world.journal_file)) > 2
    return world.journal_file


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.thorough
def test_a_journal_of_another_state(world: World, journal: Path) -> None:
    opening, *rest = lines(journal)
    opening["lineage"] = "another"
    text = "".join(json.dumps(entry) + "\n" for entry in (opening, *rest))
    journal.write_text(text, encoding="utf-8")
    state = world.state_file.read_bytes()
    for command in (*COMMANDS, *LOOKS):
        ended = world.run(*command)
        assert_refused(world, ended, 1, "the journal belongs to another state (lineage another", "restore the journal")
    assert (world.state_file.read_bytes(), journal.read_text(encoding="utf-8")) == (state, text)


@pytest.mark.thorough
def test_a_journal_that_does_not_begin_as_one(world: World, journal: Path) -> None:
    journal.write_text("".join(json.dumps(entry) + "\n" for entry in lines(journal)[1:]), encoding="utf-8")
    for command in COMMANDS:
        assert_refused(world, world.run(*command), 1, "the journal does not begin as one", "keep a copy of it")


@pytest.mark.thorough
def test_a_torn_line_in_the_middle(world: World, journal: Path) -> None:
    first, second, *rest = journal.read_bytes().splitlines(keepends=True)
    torn = b"".join([first, second[: len(second) // 2] + b"\n", *rest])
    journal.write_bytes(torn)
    state = world.state_file.read_bytes()
    for command in (*COMMANDS, *LOOKS):
        ended = world.run(*command)
        assert_refused(world, ended, 1, "line 2 of", "is not what provision wrote", "keep a copy of the file")
    assert (world.state_file.read_bytes(), journal.read_bytes()) == (state, torn)


@pytest.mark.thorough
def test_a_torn_last_line_was_never_finished(world: World, journal: Path) -> None:
    """Its writer died while it wrote it, so that what it announces was never sent."""
    with journal.open("ab") as file:
        file.write(b'{"entry": "begin", "operation": "op_1", "addr')
    apply(world)
    assert counts(world) == EVERYTHING
    assert_settled(world)


@pytest.mark.thorough
def test_a_torn_state_is_left_as_it_is_beside_its_journal(world: World, journal: Path) -> None:
    torn = world.state_file.read_bytes()[:100]
    world.state_file.write_bytes(torn)
    kept = journal.read_bytes()
    for command in (*COMMANDS, *LOOKS):
        assert_refused(world, world.run(*command), 1, "is not a state that provision wrote", "restore it")
    assert (world.state_file.read_bytes(), journal.read_bytes()) == (torn, kept)


def test_a_left_over_temporary_file_is_nothing(world: World) -> None:
    apply(world)
    (world.root / "state/.default.abc.tmp").write_text('{"format": 1, "line', encoding="utf-8")
    assert_settled(world)


def test_a_folder_that_is_a_file(world: World) -> None:
    (world.root / "state").write_text("in the way", encoding="utf-8")
    assert_refused(world, world.run("apply", "--yes"), 1, "cannot be written", "check the folder's rights")
    assert_refused(world, world.run("plan"), 1, "state/default.j", "cannot be read: Not a directory")
    assert counts(world) == {}


def test_a_state_below_a_file(world: World) -> None:
    world.write("provision.yaml", SETTINGS.replace("../state", "../file/state"))
    (world.root / "file").write_text("in the way", encoding="utf-8")
    assert_refused(world, world.run("apply", "--yes"), 1, "cannot be written: Not a directory")


def test_a_journal_that_is_a_folder(world: World) -> None:
    apply(world)
    state = world.state_file.read_bytes()
    world.journal_file.mkdir()
    for command in COMMANDS:
        assert_refused(world, world.run(*command), 1, "default.journal cannot be read: it is not a regular file")
    assert world.state_file.read_bytes() == state


def test_a_lock_that_is_a_folder(world: World) -> None:
    (world.root / "state/default.lock").mkdir(parents=True)
    assert_refused(world, world.run("apply", "--yes"), 1, "default.lock cannot be used: it is not a regular file")


def run_on_a_full_disk(world: World, free: int, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command that can make no file longer than `free` bytes."""
    return subprocess.run(
        [sys.executable, "-m", "provisioner.cli", *arguments],
        cwd=world.root,
        env={**world.environment(), "PYTHONPATH": str(CHECKOUT), "PYTHONDONTWRITEBYTECODE": "1"},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (free, free)),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


@pytest.mark.thorough
@pytest.mark.parametrize("free", [0, 10, 300, 700, 1500, 3000])
def test_a_full_disk_is_told_and_loses_nothing(world: World, free: int) -> None:
    apply(world, "--only", "assistant.poet")
    state = world.state_file.read_bytes()
    ended = run_on_a_full_disk(world, free, "apply", "--yes")
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1, said
    assert "cannot be written: File too large" in said
    assert "Traceback" not in said
    assert "has a bug" not in said
    assert world.state_file.read_bytes() == state or json.loads(world.state_file.read_bytes())["serial"] == 2
    assert not list((world.root / "state").glob(".*"))
    apply(world)
    assert counts(world) == EVERYTHING
    assert_settled(world)


# A state that is lost


def lose_state(world: World) -> None:
    shutil.rmtree(world.root / "state")


@pytest.mark.thorough
@pytest.mark.parametrize("target", ["responses", "agents", "assistants"])
def test_a_lost_state_is_made_anew_from_the_marks(world: World, target: str) -> None:
    world.edit("provision.yaml", "project: test", f"project: test\ntarget: {target}")
    if target == "agents":
        world.edit("notes.yaml", "    tools: [{type: file_search, vector_stores: [notes]}]\n", "")
    world.write("coder.yaml", "assistants: {coder: {instructions: Count., tools: [code_interpreter]}}")
    apply(world)
    before = counts(world)
    lineage = json.loads(world.state_file.read_bytes())["lineage"]
    lose_state(world)
    rebuilt = world.run("state", "rebuild")
    assert rebuilt.code == 0, rebuilt.said
    assert [each.method for each in world.proxy.exchanges if each.method != "GET"] == []
    assert json.loads(world.state_file.read_bytes())["lineage"] == lineage
    planned = world.run("plan", "--json")
    changes = {change["address"]: change["action"] for change in json.loads(planned.out)["changes"]}
    definitions = {"assistant.reader": "create", "assistant.coder": "create"} if target == "responses" else {}
    assert changes == definitions
    apply(world)
    assert counts(world) == before
    assert_settled(world)


@pytest.mark.thorough
def test_what_cannot_be_placed_is_listed(world: World) -> None:
    world.write("data.csv", "a,b\n1,2\n")
    world.write(
        "coder.yaml",
        "assistants: {coder: {instructions: Count., "
        "tools: [{type: code_interpreter, container: {files: [data.csv]}}]}}",
    )
    apply(world)
    client = world.client()
    agent = next(iter(client.beta.agents.list()))
    client.beta.agents.create(model="gpt-6-luna", name="twin", metadata=agent.metadata)
    lose_state(world)
    rebuilt = world.run("state", "rebuild")
    assert rebuilt.code == 0, rebuilt.said
    assert "Not placed:" in rebuilt.out
    assert 'file["manifests/data.csv"]: no store names it; it may be file-' in rebuilt.out
    assert (
        "assistant.reader: a definition exists only in the state; the next apply makes it as a new release"
        in rebuilt.out
    )
    assert f"{agent.id} says that it is assistant.poet, as the newer agent_" in rebuilt.out
    assert "Next: provision plan" in rebuilt.out


def test_there_is_nothing_to_rebuild_where_there_is_a_state(world: World) -> None:
    apply(world)
    before = world.state_file.read_bytes()
    assert_refused(world, world.run("state", "rebuild"), 3, "there is a state", "move both away first")
    assert world.state_file.read_bytes() == before


def test_there_is_nothing_to_rebuild_where_a_journal_holds_it(world: World) -> None:
    assert world.run_and_kill(Kill(8, answered=True), "apply", "--yes", "--parallelism", "1") == KILLED
    assert not world.state_file.exists()
    assert_refused(world, world.run("state", "rebuild"), 3, "a journal that holds one")


@pytest.mark.thorough
def test_an_empty_account_makes_an_empty_state(world: World) -> None:
    rebuilt = world.run("state", "rebuild")
    assert rebuilt.code == 0
    assert "The new state records 0 objects." in rebuilt.out
    apply(world)
    assert counts(world) == EVERYTHING


@pytest.mark.thorough
def test_a_torn_state_can_be_moved_away_and_made_anew(world: World) -> None:
    apply(world)
    world.state_file.write_text("{", encoding="utf-8")
    assert_refused(world, world.run("state", "rebuild"), 1, "is not a state that provision wrote")
    world.state_file.rename(world.root / "torn.json")
    assert world.run("state", "rebuild").code == 0
    apply(world)
    assert counts(world) == EVERYTHING


# Looking at it


def test_the_state_is_listed_and_shown(world: World) -> None:
    assert "The state records nothing yet" in world.run("state", "list").out
    apply(world)
    listed = world.run("state", "list")
    assert [line.split()[0] for line in listed.out.splitlines()] == [
        "assistant.poet",
        "assistant.reader",
        'file["manifests/notes/a.txt"]',
        'file["manifests/notes/b.txt"]',
        "vector_store.notes",
    ]
    agent = next(iter(world.client().beta.agents.list())).id
    assert f"assistant.poet                 agent         {agent}" in listed.out
    shown = world.run("state", "show", "assistant.poet")
    assert f"  id: {agent}" in shown.out
    assert "  instructions: Rhyme." in shown.out
    body = json.loads(world.run("state", "show", "assistant.poet", "--json").out)
    assert (body["address"], body["id"]) == ("assistant.poet", agent)
    assert {each["address"] for each in json.loads(world.run("state", "list", "--json").out)} >= {"assistant.poet"}
    assert world.proxy.exchanges == []


def test_what_the_state_does_not_record(world: World) -> None:
    apply(world)
    unknown = world.run("state", "show", "assistant.nobody")
    assert unknown.code == 1
    assert "the state records nothing called assistant.nobody" in unknown.err
    assert world.run("state", "show", "nobody").code == 1
