"""What a run that was killed leaves: it is looked at by `plan`, gone on from by `apply`, and named where undecided."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.chaos.rules import Hold, Lose, asks, first
from tests.chaos.world import World
from tests.guards.kills import APPLY, KillChosen, kill_at
from tests.guards.steps import apply, assert_refused, assert_settled, counts, state_of
from tests.warm.forks import KILLED

pytestmark = pytest.mark.thorough

EVERYTHING = {"files": 2, "stores": 1, "agents": 1}


def everything_in(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and times of all files."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.is_file()}


def test_a_plan_only_shows(world: World) -> None:
    kill_at(world, asks("POST", "/files"))
    before = everything_in(world.root / "state")
    for _ in range(2):
        planned = world.run("plan", "--detailed-exitcode")
        assert planned.code == 2
        assert "an earlier run was interrupted after it made file-" in planned.said
        assert "it is taken over" in planned.said
        assert 'file["manifests/notes/a.txt"]  create' not in planned.out
    assert everything_in(world.root / "state") == before
    apply(world)
    assert counts(world) == EVERYTHING


def test_what_was_taken_over_is_in_what_other_commands_show(world: World) -> None:
    """A store is made before its two files are uploaded; the run ends with the first upload."""
    kill_at(world, asks("POST", "/files"))
    listed = world.run("state", "list").out
    assert "vector_store.notes" in listed
    assert listed.count('file["manifests/notes/') < counts(world)["files"]
    assert world.run("state", "show", "vector_store.notes").code == 0
    assert "notes" in json.loads(world.run("output", "--json").out)["vector_stores"]


def test_an_interrupted_create_that_never_arrived_is_made(world: World) -> None:
    kill_at(world, asks("POST", "/agents"), answered=False)
    apply(world)
    assert counts(world) == EVERYTHING
    assert_settled(world)


def test_a_journal_whose_writer_is_alive_is_no_crash(world: World) -> None:
    hold = Hold(first("POST", "/files"), carried_out=True)
    fork = world.start_and_hold(hold, *APPLY)
    looked = world.start("plan")
    assert looked.wait() == 0
    assert "this is a preview, because another process is running" in looked.said()
    assert f"(process {fork.pid}, `provision apply`) since" in looked.said()
    assert "interrupted" not in looked.said()
    hold.release.set()
    assert world.finish(fork).code == 0
    assert counts(world) == EVERYTHING


def test_a_second_apply_says_who_is_at_work(world: World) -> None:
    hold = Hold(first("POST", "/files"), carried_out=True)
    fork = world.start_and_hold(hold, *APPLY)
    for command in ("apply", "destroy"):
        second = world.start(command, "--yes")
        assert second.wait() == 1
        assert "the state is locked by" in second.said()
        assert f"(process {fork.pid}, `provision apply`) since" in second.said()
        assert "wait until it is done" in second.said()
    hold.release.set()
    assert world.finish(fork).code == 0


@pytest.fixture
def undecided(world: World) -> set[str]:
    """A run was killed in an upload, and somebody else uploaded a file of that name and size. Returns both ids."""
    kill_at(world, asks("POST", "/files"))
    client = world.client()
    client.files.create(file=("a.txt", b"other"), purpose="assistants")
    return {file.id for file in client.files.list()}


def test_undecided_uploads_are_named_and_block(world: World, undecided: set[str]) -> None:
    before = everything_in(world.root / "state")
    for command in (["plan"], list(APPLY)):
        ended = world.run(*command)
        assert_refused(world, ended, 3, "2 files may be it", "delete those that nothing uses", *undecided)
    assert everything_in(world.root / "state").keys() >= before.keys()
    assert (world.root / "state/default.journal").read_bytes() == before["default.journal"][0]
    assert {file.id for file in world.client().files.list()} == undecided


def test_undecided_uploads_are_decided_by_deleting(world: World, undecided: set[str]) -> None:
    client = world.client()
    ours, theirs = (file.id for file in client.files.list(order="asc"))
    assert {ours, theirs} == undecided
    client.files.delete(theirs)
    apply(world)
    assert counts(world) == EVERYTHING
    assert ours in {file.id for file in client.files.list()}
    assert_settled(world)


def test_a_request_that_arrives_late_is_waited_for(world: World) -> None:
    """The killed run's upload reaches the server while the next run waits out its grace."""
    hold = Hold(first("POST", "/files"))
    world.start_and_hold(hold, *APPLY).kill()
    second = world.start("apply", "--yes", "--grace", "3")
    time.sleep(0.3)
    assert "files" not in counts(world)
    hold.release.set()
    ended = world.finish(second)
    assert ended.code == 0, ended.said
    assert "it is taken over" in ended.said
    assert counts(world) == EVERYTHING
    assert_settled(world)


@pytest.mark.parametrize("end", ["/files", "/vector_stores", "/agents"])
@pytest.mark.parametrize("when", ["after", "midst"])
def test_a_create_whose_answer_was_lost_is_found_in_the_same_run(world: World, end: str, when: str) -> None:
    ended = world.run(*APPLY, rule=Lose(first("POST", end), when))
    assert ended.code == 0, ended.said
    assert counts(world) == EVERYTHING
    assert_settled(world)


def test_deletes_that_a_killed_destroy_carried_out_are_no_other_account(world: World) -> None:
    """Nothing recorded is found, and that is the killed run's doing: the next one goes on."""
    world.write("notes.yaml", "assistants: {poet: {instructions: Rhyme., target: agents}}")
    apply(world)
    assert world.run_and_kill(KillChosen(0, True, chooses=asks("DELETE")), "destroy", *APPLY[1:]) == KILLED
    assert counts(world) == {}
    ended = world.run("destroy", *APPLY[1:])
    assert ended.code == 0, ended.said
    assert state_of(world)["records"] == {}


def test_a_release_that_a_killed_run_gave_is_given_to_nothing_else(world: World) -> None:
    world.write("prompt.yaml", "assistants: {editor: {instructions: One.}}")
    apply(world)
    assert release(world) == (1, "One.")
    world.edit("prompt.yaml", "One.", "Two.")
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    world.write("notes/a.txt", "ALPHA")
    kill_at(world, asks("DELETE"))
    assert release(world) == (2, "Two.")
    world.edit("prompt.yaml", "Two.", "Three.")
    apply(world)
    assert release(world) == (3, "Three.")
    assert_settled(world)


def release(world: World) -> tuple[int, str]:
    """What applications are told of the editor."""
    found = json.loads(world.run("output", "--json").out)["assistants"]["editor"]
    return found["release"], found["definition"]["instructions"]


def test_a_journal_that_its_state_has_swallowed_takes_nothing_more(world: World) -> None:
    """Killed between writing the state and taking the journal away, and then once more, in the next apply."""
    kill_at(world, asks("POST", "/vector_stores"))
    journal = world.journal_file.read_bytes()
    apply(world)
    world.journal_file.write_bytes(journal)
    world.write("notes/c.txt", "gamma")
    kill_at(world, asks("POST", "/file_batches"))
    apply(world)
    assert counts(world) == {**EVERYTHING, "files": 3}
    assert_settled(world)


@pytest.mark.parametrize("rest", [1, None], ids=["opened", "swallowed"])
def test_a_journal_with_nothing_left_to_do_is_taken_away(world: World, rest: int | None) -> None:
    """Killed right after it was opened, or right before it would have been taken away."""
    kill_at(world, asks("POST", "/vector_stores"))
    entries = world.journal_file.read_bytes().splitlines(keepends=True)[:rest]
    apply(world)
    opening = {**json.loads(entries[0]), "serial": state_of(world)["serial"] - (rest is None)}
    world.journal_file.write_bytes(b"".join([json.dumps(opening).encode() + b"\n", *entries[1:]]))
    assert world.run("plan", "--detailed-exitcode").code == 0
    assert world.journal_file.exists()
    state = world.state_file.read_bytes()
    apply(world)
    assert not world.journal_file.exists()
    assert world.state_file.read_bytes() == state
    assert counts(world) == EVERYTHING


def test_what_a_swallowed_journal_left_open_is_not_forgotten(world: World) -> None:
    """A create that was sent twice because nobody could see the first; it shows up when the state is long written."""
    assert world.run(*APPLY, rule=Lose(first("POST", "/agents"), "before")).code == 0
    assert world.journal_file.exists()
    opened = [json.loads(line) for line in world.journal_file.read_text(encoding="utf-8").splitlines()]
    assert [entry["entry"] for entry in opened] == ["open", "begin"]
    assert opened[0]["serial"] == state_of(world)["serial"]
    apply(world)
    assert not world.journal_file.exists()
    assert counts(world) == EVERYTHING
