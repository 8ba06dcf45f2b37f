"""Ways to a server that are long, and ways that end in the midst of a write."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from msgspec.structs import replace

from provisioner.core.errors import Locked, StateError
from provisioner.state.backends.remote import RemoteBackend
from provisioner.state.records import Record
from tests.backends.conftest import Opening
from tests.backends.hasty import hasty
from tests.backends.places import Place
from tests.backends.samples import OPENING, STATE, TERMS, TUTOR, WAIT, begin
from tests.chaos.declared import APPLY, assert_as_declared
from tests.chaos.keeping import fresh, through
from tests.chaos.line import Line
from tests.chaos.projects import write_example
from tests.chaos.tally import Tally
from tests.chaos.worlds import NewWorld

#: Seconds that each way takes: a server on another continent.
AWAY = 0.15
#: A text that is larger than all else that is said, also where it is packed, and how many bytes come through.
LARGE, PART = random.Random(7).randbytes(200_000).hex(), 100_000


@contextmanager
def line(place: Place, delay: float = 0.0) -> Iterator[Line]:
    made = Line(place.port, delay)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.thorough
def test_a_server_that_is_far_away_is_only_slow(far: Place, new_world: NewWorld, tally: Tally) -> None:
    """Three hundred milliseconds for each question and its answer. A short run only plans."""
    tally.begin("0.3 s for each round trip", f"state in {far.name}")
    with tally.run("apply and plan"), line(far, AWAY) as slow, fresh(far, slow) as kept, new_world() as world:
        write_example(world, "responses")
        world.keep(kept)
        planned = world.run("plan", "--detailed-exitcode")
        assert planned.code == 2, planned.said
        if tally.whole:
            applied = world.run(*APPLY)
            assert applied.code == 0, applied.said
            assert_as_declared(world)


@pytest.mark.thorough
def test_a_write_that_stalls_in_its_midst_is_given_up_and_the_lock_keeps_others_away(
    far: Place, opening: Opening, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening(far).write(STATE)
    large = replace(STATE, serial=2, records={TUTOR: Record(TUTOR, "assistant", "asst_1", {"text": LARGE})})
    with line(far) as stalling:
        url, env = through(far, opening.url(far), stalling.port)
        with monkeypatch.context() as patch:
            for variable, value in env.items():
                patch.setenv(variable, value)
            store = hasty(url, 0.5)
        backend = RemoteBackend(store, opening.environment, TERMS)
        opening.running.callback(backend.close)
        with backend.lock("apply"):
            backend.read()
            backend.open_journal(OPENING).append(begin(1))
            stalling.room = PART
            with pytest.raises(StateError) as caught:
                backend.write(large)
            assert stalling.stalled.is_set()
            assert "cannot be" in caught.value.message
            assert caught.value.hint
            with pytest.raises(Locked), opening(far).lock("destroy"):
                pass
            stalling.mend()
        assert opening(far).read() in (STATE, large)
    follower = opening(far, lock_timeout=WAIT)
    with follower.lock("apply"):
        state = follower.read()
        assert state in (STATE, large)
        assert follower.read_journal() == [OPENING, begin(1)]
        assert state is not None
        follower.write(replace(state, serial=3))
    with pytest.raises(StateError):
        backend.write(replace(STATE, serial=9))
