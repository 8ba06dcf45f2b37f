"""Holders that are killed, stopped or cut off, and who comes after them."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from provisioner.core.errors import Locked, LostRace
from tests.backends.conftest import Opening
from tests.backends.holding import holding
from tests.backends.places import Place
from tests.backends.samples import BEGIN, OPENING, STATE, TERMS, WAIT, begin

pytestmark = pytest.mark.thorough


def test_a_killed_holder_is_followed_after_a_whole_life_and_not_before(leased: Place, opening: Opening) -> None:
    opening(leased).write(STATE)
    with holding(opening.url(leased), opening.environment) as holder:
        assert holder.ask("open") == "done"
        holder.process.kill()
        began = time.monotonic()
        with pytest.raises(Locked), opening(leased, lock_timeout=TERMS.life / 2).lock("destroy"):
            pass
        follower = opening(leased, lock_timeout=WAIT)
        with follower.lock("apply"):
            # The second began to watch anew.
            assert time.monotonic() - began >= 1.4 * TERMS.life
            assert follower.read() == STATE
            assert follower.read_journal() == [OPENING, begin(1)]
            follower.clear_journal()


@pytest.mark.parametrize("opened", [True, False], ids=["at work", "before it read"])
def test_a_holder_that_was_stopped_past_its_life_can_write_nothing(
    leased: Place, opening: Opening, opened: bool
) -> None:
    opening(leased).write(STATE)
    with holding(opening.url(leased), opening.environment) as holder:
        if opened:
            assert holder.ask("open") == "done"
        holder.process.send_signal(signal.SIGSTOP)
        follower = opening(leased, lock_timeout=WAIT)
        with follower.lock("apply"):
            holder.process.send_signal(signal.SIGCONT)
            said = holder.hear()
            assert "nothing new is started" in said
            assert "suspended for longer than the life of the lock" in said or "taken the lock over" in said
            for word in ("append", "write", "clear") if opened else ("open", "write", "clear"):
                assert holder.ask(word).startswith("LostRace: ")
            left = follower.read_journal()
            assert left == ([OPENING, begin(1)] if opened else [])
            assert follower.read() == STATE
            journal = follower.open_journal(OPENING)
            journal.append(BEGIN)
            journal.close()
        assert holder.ask("clear").startswith("LostRace: ")


def test_of_two_that_wait_for_a_dead_holder_one_takes_over(leased: Place, opening: Opening) -> None:
    with holding(opening.url(leased), opening.environment) as holder:
        holder.process.kill()
    inside = threading.Semaphore(1)
    held: list[str] = []

    def wait(command: str) -> None:
        with opening(leased, lock_timeout=WAIT).lock(command):
            assert inside.acquire(blocking=False)
            held.append(command)
            inside.release()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(wait, ("apply", "destroy")))
    assert sorted(held) == ["apply", "destroy"]


def test_a_lock_that_is_renewed_is_not_taken_over(leased: Place, opening: Opening) -> None:
    with opening(leased).lock("apply"):
        patient = opening(leased, lock_timeout=1.5 * TERMS.life)
        with pytest.raises(Locked, match="after 2 s of waiting"), patient.lock("destroy"):
            pass
        holder = opening(leased).holder()
        assert holder is not None
        assert holder.command == "apply"


@pytest.mark.parametrize("leased", ["postgresql", "s3", "az"], indirect=True)
def test_a_holder_whose_server_hangs_gives_up_in_time_and_finishes(leased: Place, opening: Opening) -> None:
    told: list[str] = []
    backend = opening.remote(leased, notify=told.append)
    with backend.lock("apply"):
        backend.read()
        journal = backend.open_journal(OPENING)
        with leased.stopped():
            assert backend.stop.wait(WAIT)
        assert "could not be renewed for 0.6 s" in told[0]
        assert "nothing new is started" in told[0]
        journal.append(BEGIN)
        backend.write(STATE)
    assert opening(leased).read() == STATE
    assert opening(leased).holder() is None


def test_what_was_read_before_the_lock_was_there_is_not_written_over(leased: Place, opening: Opening) -> None:
    early = opening(leased)
    early.read()
    other = opening(leased)
    with other.lock("apply"):
        other.write(STATE)
    with early.lock("apply"), pytest.raises(LostRace):
        early.write(STATE)
