"""What a run that was killed leaves: it is looked at by `plan`, gone on from by `apply`, and named where undecided."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.chaos.forks import KILLED
from tests.chaos.proxy import Exchange
from tests.chaos.rules import Chooses, Hold, Kill, Lose, Refuse, asks, every, first
from tests.chaos.world import World
from tests.guards.steps import apply, assert_refused, assert_settled, counts, state_of

APPLY = ("apply", "--yes", "--grace", "0", "--parallelism", "1")
EVERYTHING = {"files": 2, "stores": 1, "agents": 1}


def kill_at(world: World, chooses: Chooses, *, answered: bool = True) -> None:
    """Kills an apply at the first request that is chosen, once the server has answered it, or before it hears of it."""
    assert world.run_and_kill(KillChosen(0, answered, chooses=chooses), *APPLY) == KILLED


@dataclass(slots=True)
class KillChosen(Kill):
    """Kills at the first request that is chosen."""

    chooses: Chooses = every

    def before(self, exchange: Exchange) -> bool:
        if not self.number and self.chooses(exchange):
            self.number = exchange.number
        return Kill.before(self, exchange)


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
    kill_at(world, asks("POST", "/vector_stores"))
    listed = world.run("state", "list").out
    assert 'file["manifests/notes/a.txt"]' in listed
    assert "vector_store.notes" not in listed
    assert world.run("state", "show", 'file["manifests/notes/a.txt"]').code == 0
    assert 'file["manifests/notes/a.txt"]' in world.run("output", "--json").out.replace("\\", "")


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
    assert "this is a view of something under way" in looked.said()
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


def test_an_update_that_arrived_is_undone_where_the_manifest_goes_back(world: World) -> None:
    apply(world)
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    kill_at(world, asks("POST"))
    world.edit("notes.yaml", "Rhyme well.", "Rhyme.")
    apply(world)
    assert [agent.instructions for agent in world.client().beta.agents.list()] == ["Rhyme."]
    assert_settled(world)


def test_a_field_that_a_killed_run_added_goes_where_the_manifest_goes_back(world: World) -> None:
    apply(world)
    world.edit("notes.yaml", "target: agents}", "target: agents, service_tier: flex}")
    kill_at(world, asks("POST"))
    world.edit("notes.yaml", "target: agents, service_tier: flex}", "target: agents}")
    apply(world)
    assert [agent.service_tier for agent in world.client().beta.agents.list()] == ["auto"]
    assert_settled(world)


def test_metadata_that_a_killed_run_added_goes_where_the_manifest_goes_back(world: World) -> None:
    apply(world)
    world.edit("notes.yaml", "notes: {files:", "notes: {metadata: {topic: notes}, files:")
    kill_at(world, asks("POST"))
    world.edit("notes.yaml", "notes: {metadata: {topic: notes}, files:", "notes: {files:")
    apply(world)
    assert "topic" not in (next(iter(world.client().vector_stores.list())).metadata or {})
    assert_settled(world)


def test_what_others_changed_meanwhile_is_still_theirs(world: World) -> None:
    """A killed update of one field says nothing of another, which somebody else has changed."""
    world.edit("notes.yaml", "target: agents}", "target: agents, name: Poet}")
    apply(world)
    world.edit("notes.yaml", "Rhyme.", "Rhyme well.")
    kill_at(world, asks("POST"), answered=False)
    client = world.client()
    agent = next(iter(client.beta.agents.list()))
    client.beta.agents.update(agent.id, name="Bard")
    world.run(*APPLY, "--overwrite-drift")
    found = next(iter(client.beta.agents.list()))
    assert (found.name, found.instructions) == ("Poet", "Rhyme well.")
    assert_settled(world)


def after_a_write(chooses: Chooses) -> Chooses:
    """Chooses among the requests that follow the first one that changes something."""
    written = False

    def choose(exchange: Exchange) -> bool:
        nonlocal written
        chosen = written and chooses(exchange)
        written = written or exchange.method != "GET"
        return chosen

    return choose


def move_a_note(world: World) -> Chooses:
    """It is described anew, and then the run is killed."""
    (world.root / "manifests/notes/a.txt").rename(world.root / "manifests/notes/c.txt")
    return after_a_write(asks("GET", "/files"))


def chunk_a_note(world: World) -> Chooses:
    """It is detached, and not attached again."""
    chunking = "{type: static, static: {max_chunk_size_tokens: 200, chunk_overlap_tokens: 100}}"
    world.edit("notes.yaml", '"notes/*.txt"', f'"notes/*.txt", {{path: notes/a.txt, chunking_strategy: {chunking}}}')
    return asks("POST", "/file_batches")


def take_two_notes_out(world: World) -> Chooses:
    """One is detached, the other is not."""
    for name in ("a", "b"):
        (world.root / f"manifests/notes/{name}.txt").unlink()
    world.write("notes/d.txt", "delta")
    return after_a_write(lambda exchange: exchange.method == "DELETE" and exchange.path.count("/") > 3)


CHANGES = [move_a_note, chunk_a_note, take_two_notes_out]


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_what_a_killed_run_did_to_members_is_no_drift(world: World, change: Callable[[World], Chooses]) -> None:
    """A write to a member is answered and ended, and the run is killed before the store is recorded with it."""
    apply(world)
    kill_at(world, change(world), answered=False)
    apply(world)
    assert_settled(world)


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_what_a_failed_run_did_to_members_is_no_drift(world: World, change: Callable[[World], Chooses]) -> None:
    """The same, where the run goes on to its end."""
    apply(world)
    failed = world.run(*APPLY, rule=Refuse(change(world), 400))
    assert failed.code == 1, failed.said
    apply(world)
    assert_settled(world)


def test_a_member_that_a_killed_run_attached_leaves_where_the_manifest_goes_back(world: World) -> None:
    """The file itself stays, since another store holds it."""
    world.write("more.yaml", "vector_stores: {more: {files: [more/c.txt]}}")
    world.write("more/c.txt", "gamma")
    apply(world)
    world.edit("notes.yaml", '"notes/*.txt"', '"notes/*.txt", more/c.txt')
    kill_at(world, after_a_write(asks("GET", "/files")))
    world.edit("notes.yaml", '"notes/*.txt", more/c.txt', '"notes/*.txt"')
    apply(world)
    client = world.client()
    held = {store.name: len(list(client.vector_stores.files.list(store.id))) for store in client.vector_stores.list()}
    assert held == {"notes": 2, "more": 1}
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
