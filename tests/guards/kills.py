"""Applies that are killed at a request of the test's choice."""

from __future__ import annotations

from dataclasses import dataclass

from tests.chaos.proxy import Exchange
from tests.chaos.rules import Chooses, Kill, every
from tests.chaos.world import World
from tests.warm.forks import KILLED

APPLY = ("apply", "--yes", "--grace", "0", "--parallelism", "1")


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


def after_a_write(chooses: Chooses) -> Chooses:
    """Chooses among the requests that follow the first one that changes something."""
    written = False

    def choose(exchange: Exchange) -> bool:
        nonlocal written
        chosen = written and chooses(exchange)
        written = written or exchange.method != "GET"
        return chosen

    return choose
