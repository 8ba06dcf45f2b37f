"""The connection is cut at each request of a state's write, on the servers themselves: once, or for good.

Nothing that was said to be durable is lost, whoever comes next goes on, and who was cut off writes nothing any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest
from msgspec.structs import replace

from provisioner.core.errors import StateError
from provisioner.state.backends import Backend
from provisioner.state.backends.remote import RemoteBackend
from provisioner.state.records import State
from tests.backends.conftest import Opening
from tests.backends.hasty import hasty
from tests.backends.places import Place
from tests.backends.samples import BEGIN, OPENING, STATE, TERMS, WAIT, serial
from tests.chaos.keeping import shelf, through
from tests.chaos.proxy import Exchange, Rule
from tests.chaos.rules import Lose
from tests.chaos.tally import Tally

pytestmark = pytest.mark.thorough

#: Whoever is cut off is gone soon, and whoever comes next need not watch the lock for long.
QUICK = replace(TERMS, life=0.4, look=0.02)
#: Seconds that somebody cut off waits for an answer.
PATIENCE = 0.3
WHEN, HOW = ("before", "after"), ("once", "for good")


@dataclass(slots=True)
class Work:
    """What an apply does with a state, and how much of it was said to be durable."""

    backend: RemoteBackend
    state: State
    begun: bool = False
    written: bool = False
    over: bool = False

    def do(self) -> None:
        with self.backend.lock("apply"):
            self.backend.read_journal()
            self.backend.read()
            journal = self.backend.open_journal(OPENING)
            journal.append(BEGIN)
            self.begun = True
            self.backend.write(self.state)
            self.written = True
            journal.close()
            self.backend.clear_journal()
        self.over = True


def test_cut_off_at_every_request_of_a_write(
    spoilt: Place, opening: Opening, monkeypatch: pytest.MonkeyPatch, tally: Tally
) -> None:
    tally.begin("cut off at each request of a write", f"state in {spoilt.name}")
    with shelf(spoilt) as shelved:
        url, env = through(spoilt, opening.url(spoilt), shelved.spoiler.port)

        def work(rule: Rule, state: State) -> Work:
            with monkeypatch.context() as patch:
                for variable, value in env.items():
                    patch.setenv(variable, value)
                backend = RemoteBackend(hasty(url, PATIENCE), opening.environment, QUICK)
            opening.running.callback(backend.close)
            shelved.spoiler.rule = rule
            return Work(backend, state)

        opening(spoilt).write(STATE)
        work(Rule(), serial(2)).do()
        total = len(shelved.spoiler.exchanges)
        for number, when, how in tally.some(list(product(range(1, total + 1), WHEN, HOW)), 1):
            with tally.run(f"{when} request {number} of {total} was done, {how}"):
                current = opening(spoilt).read()
                assert current is not None
                cut = work(Lose(chosen(number, how), when), serial(current.serial + 1))
                live_through(cut)
                shelved.spoiler.rule = Rule()
                check(cut, current, opening(spoilt, lock_timeout=WAIT))


def chosen(number: int, how: str) -> Callable[[Exchange], bool]:
    return lambda exchange: exchange.number == number if how == "once" else exchange.number >= number


def live_through(work: Work) -> None:
    """It ends well, or says why."""
    try:
        work.do()
    except StateError as error:
        told = error
    else:
        return
    assert "cannot be" in told.message or "somebody else has" in told.message, told.message
    assert told.hint


def check(cut: Work, former: State, after: Backend) -> None:
    """What is there then, and that only the next one writes from then on."""
    with after.lock("apply"):
        state, journal = after.read(), after.read_journal()
        assert state in (former, cut.state)
        assert state == cut.state or not cut.written
        assert journal in ([], [OPENING], [OPENING, BEGIN])
        assert BEGIN in journal or state == cut.state or not cut.begun
        assert journal == [] or not cut.over
        latest = replace(cut.state, serial=cut.state.serial + 1)
        after.write(latest)
        after.clear_journal()
        with pytest.raises(StateError):
            cut.backend.write(serial(999))
        assert (after.read(), after.read_journal()) == (latest, [])
    assert after.holder() is None
