"""The command line on remote backends: many apply at once, a holder that loses its lock, and whole states."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.backends.conftest import Opening
from tests.backends.places import Place
from tests.chaos.rules import Hold, asks
from tests.chaos.tally import Tally
from tests.chaos.world import World, read_account
from tests.chaos.worlds import NewWorld
from tests.warm.forks import Fork

pytestmark = pytest.mark.thorough

APPLY = ("apply", "--yes", "--grace", "0")
CROWD, WHOLE_CROWD = 3, 20
LOCKED = r"the state is locked by .+@.+ \(process \d+, `provision apply`\) since .+ \(lock [0-9a-f]{12}\)"
MANIFEST = "vector_stores: {notes: {files: [note.txt]}}\nassistants: {reader: {instructions: Read.}}\n"


def settle(world: World, place: Place, opening: Opening) -> None:
    """A small project whose state is kept there."""
    default = "defaults: {model: gpt-6-luna}"
    name = opening.environment
    world.write(
        "provision.yaml", f"project: {name}\nstate: {opening.url(place)}\n{default}\nenvironments: {{{name}: {{}}}}\n"
    )
    world.write("all.yaml", MANIFEST)
    world.write("note.txt", "one")


def env(place: Place, opening: Opening) -> dict[str, str]:
    return {**place.env, "PROVISION_ENV": opening.environment}


def test_many_apply_at_once_and_one_works_at_a_time(
    leased: Place, opening: Opening, new_world: NewWorld, tally: Tally
) -> None:
    """All wait for the lock, and the first does it all; then, with another text, nobody waits."""
    crowd = WHOLE_CROWD if tally.whole else CROWD
    tally.begin(f"{crowd} applies at once", f"state in {leased.name}")
    with new_world() as world:
        settle(world, leased, opening)
        with tally.run("all wait"):
            forks = push(world, crowd, "--lock-timeout", "300", env=env(leased, opening))
            assert {fork.code for fork in forks} == {0}, [fork.said() for fork in forks]
            made = [fork for fork in forks if "create (" in fork.out.read_text(encoding="utf-8")]
            assert len(made) == 1, [fork.said() for fork in forks]
            assert opening(leased).history() == [1]
            check(world, leased, opening)
        world.write("note.txt", "two")
        with tally.run("nobody waits"):
            forks = push(world, crowd, env=env(leased, opening))
            assert 0 in {fork.code for fork in forks}, [fork.said() for fork in forks]
            told = [fork.said() for fork in forks if fork.code != 0]
            assert all(re.search(LOCKED, said) and "wait with --lock-timeout" in said for said in told), told
            check(world, leased, opening)


def push(world: World, crowd: int, *options: str, env: Mapping[str, str]) -> list[Fork]:
    """Everybody applies at once."""
    forks = [world.start(*APPLY, *options, env=env) for _ in range(crowd)]
    for fork in forks:
        assert fork.wait(300) in (0, 1), fork.said()
        assert "Traceback" not in fork.said()
    return forks


def check(world: World, place: Place, opening: Opening) -> None:
    """Everything is there once, and nothing is under way."""
    assert len(read_account(world).ids()) == 2
    planned = world.run("plan", "--detailed-exitcode", env=env(place, opening))
    assert planned.code == 0, planned.said
    assert opening(place).read_journal() == []
    assert opening(place).holder() is None


def test_an_apply_whose_lock_is_taken_away_starts_nothing_new_and_the_next_converges(
    leased: Place, opening: Opening, new_world: NewWorld
) -> None:
    with new_world() as world:
        settle(world, leased, opening)
        hold = Hold(asks("POST"))
        world.proxy.rule = hold
        fork = world.start(*APPLY, env=env(leased, opening))
        assert hold.reached.wait(60)
        locked = world.start(*APPLY, env=env(leased, opening))
        assert locked.wait() == 1
        found = re.search(r"\(lock ([0-9a-f]{12})\)", locked.said())
        assert found, locked.said()
        assert "`provision apply`" in locked.said()
        unlocked = world.start("state", "unlock", found[1], env=env(leased, opening))
        assert unlocked.wait() == 0, unlocked.said()
        hold.release.set()
        ended = world.finish(fork)
        assert ended.code == 1
        assert "somebody else has" in ended.err
        assert "nothing new is started" in ended.err
        applied = world.run(*APPLY, env=env(leased, opening))
        assert applied.code == 0, applied.said
        assert len(read_account(world).ids()) == 2
        assert world.run("plan", "--detailed-exitcode", env=env(leased, opening)).code == 0


def test_a_state_is_pulled_pushed_restored_and_moved_by_commands(
    leased: Place, opening: Opening, new_world: NewWorld, tmp_path: Path
) -> None:
    variables = env(leased, opening)
    with new_world() as world:
        settle(world, leased, opening)
        assert world.run(*APPLY, env=variables).code == 0
        pulled = world.run("state", "pull", env=variables)
        mended = {**json.loads(pulled.out), "serial": 7}
        (tmp_path / "state.json").write_text(json.dumps(mended), encoding="utf-8")
        assert world.run("state", "push", str(tmp_path / "state.json"), env=variables).code == 0
        again = world.run("state", "push", str(tmp_path / "state.json"), env=variables)
        assert again.code == 3, again.said
        listed = world.run("state", "history", env=variables).out.splitlines()
        assert [line.split()[0] for line in listed] == ["1", "7"]
        assert listed[1].endswith("  state push")
        assert world.run("state", "restore", "1", env=variables).code == 0
        moved = world.run("state", "migrate", str(tmp_path / "moved"), env=variables)
        assert moved.code == 0, moved.said
        assert "holds serial 8 now" in moved.out
        gone = world.run("state", "unlock", "abc", env=variables)
        assert gone.code == 1
        assert "not locked" in gone.err
