"""A killed apply is followed by those who wait, after a whole life of its lock, by nobody's hand."""

from __future__ import annotations

import time

import pytest

from provisioner.state.backends.lease import LIFE
from tests.backends.places import Place
from tests.chaos.declared import APPLY, assert_as_declared
from tests.chaos.keeping import fresh
from tests.chaos.projects import write_example
from tests.chaos.rules import Kill
from tests.chaos.worlds import NewWorld
from tests.warm.forks import KILLED

pytestmark = pytest.mark.thorough

WAITING = 3


@pytest.mark.whole
@pytest.mark.parametrize("remote", ["postgresql", "s3"], indirect=True)
def test_a_killed_apply_is_followed_by_those_who_wait(remote: Place, new_world: NewWorld) -> None:
    with fresh(remote) as kept, new_world() as world:
        write_example(world, "responses")
        world.keep(kept)
        assert world.run_and_kill(Kill(4, answered=True), *APPLY) == KILLED
        died = time.monotonic()
        forks = [world.start(*APPLY, "--lock-timeout", str(10 * LIFE)) for _ in range(WAITING)]
        for fork in forks:
            assert fork.wait(10 * LIFE) == 0, fork.said()
            assert "Traceback" not in fork.said()
        # They began to watch after it had died.
        assert time.monotonic() - died >= LIFE
        worked = [fork.said() for fork in forks if "Nothing to do" not in fork.said()]
        assert len(worked) == 1, worked
        assert_as_declared(world)
