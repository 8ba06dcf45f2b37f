"""Twenty people apply at once: one works at a time, the others are told who does, and nothing is made twice."""

from __future__ import annotations

import re

import pytest

from tests.chaos.declared import APPLY, assert_converges
from tests.chaos.projects import TARGETS, change_example, write_example
from tests.chaos.tally import Tally
from tests.chaos.world import World
from tests.chaos.worlds import NewWorld

pytestmark = pytest.mark.thorough

CROWD = 20
LOCKED = re.compile(r"error: the state is locked by .+@.+ \(process (\d+), `provision apply`\) since \d{4}-\d\d-\d\dT")


def test_many_apply_at_once(new_world: NewWorld, tally: Tally) -> None:
    for target in tally.some(TARGETS, 1):
        tally.begin(f"{CROWD} applies at once", ", ".join(TARGETS if tally.whole else TARGETS[:1]))
        with tally.run(target), new_world() as world:
            write_example(world, target)
            push(world)
            assert_converges(world)
            change_example(world)
            push(world)
            assert_converges(world)


def push(world: World) -> None:
    """Everybody applies. Whoever could not says who did."""
    forks = [world.start(*APPLY) for _ in range(CROWD)]
    codes = [fork.wait() for fork in forks]
    world.proxy.wait_until_idle()
    pids = {str(fork.pid) for fork in forks}
    assert set(codes) <= {0, 1}
    assert 0 in codes
    for fork, code in zip(forks, codes, strict=True):
        assert "Traceback" not in fork.said()
        if code == 1:
            found = LOCKED.search(fork.said())
            assert found, fork.said()
            assert found[1] in pids - {str(fork.pid)}
            assert "wait until it is done" in fork.said()
