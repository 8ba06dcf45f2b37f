"""The process is killed at random moments, not only where it speaks to the server."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from tests.chaos.declared import APPLY, assert_converges
from tests.chaos.projects import TARGETS, change_example, write_example
from tests.chaos.tally import Tally
from tests.chaos.world import World
from tests.chaos.worlds import NewWorld

pytestmark = pytest.mark.thorough

SEED = 20261120
MOMENTS = 200
FEW = 5


def test_killed_at_any_moment(new_world: NewWorld, tally: Tally) -> None:
    """Killed in a first apply, then in one that changes what the first one left, then applied to the end."""
    dice = random.Random(SEED)
    tally.begin("killed at a random moment", "all")
    for number in range(MOMENTS if tally.whole else FEW):
        with tally.run(f"moment {number}"), new_world() as world:
            write_example(world, TARGETS[number % len(TARGETS)])
            kill_after(world, dice.uniform(0.0, 0.4))
            if number % 2:
                assert_converges(world)
            change_example(world)
            kill_after(world, dice.uniform(0.0, 0.4))
            assert_converges(world)
            assert_no_litter(world.root / "state")


def kill_after(world: World, seconds: float) -> None:
    fork = world.start(*APPLY)
    time.sleep(seconds)
    fork.kill()
    world.proxy.wait_until_idle()


def assert_no_litter(folder: Path) -> None:
    """What a kill leaves in the folder is never taken for a state; it is small and its owner's only."""
    for path in folder.rglob("*"):
        assert path.is_dir() or path.stat().st_mode & 0o777 == 0o600
