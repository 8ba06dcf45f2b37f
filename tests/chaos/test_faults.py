"""A tenth of all answers is spoilt, one fault at a time: an apply ends well or says why, and the next converges."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import pytest

from tests.chaos.declared import APPLY, assert_converges
from tests.chaos.projects import TARGETS, change_example, change_twenty, write_example, write_twenty
from tests.chaos.proxy import Rule
from tests.chaos.rules import All, Chooses, CutLetter, EndEarly, Halve, Hang, Lag, Lose, Refuse, RepeatCursor, some
from tests.chaos.tally import Tally
from tests.chaos.world import World
from tests.chaos.worlds import NewWorld

pytestmark = pytest.mark.thorough

RATE = 0.1
SEEDS = 50
FEW = 1

#: What a server that is busy asks for; the product waits no longer than it is told.
SOON = {"retry_after_ms": "20"}
#: Seconds until an answer is given up, and until it comes where it comes late.
TIMEOUT = "0.3"
LATE = 0.4

FAULTS: dict[str, Callable[[Chooses], Rule]] = {
    "429, to come later": lambda chooses: Refuse(chooses, 429, "rate_limit_exceeded", headers=SOON),
    "429, to come in a second": lambda chooses: Refuse(chooses, 429, headers={"retry_after": "1"}),
    "429, the purse is empty": lambda chooses: Refuse(chooses, 429, "insufficient_quota"),
    "500, not carried out": lambda chooses: Refuse(chooses, 500, headers=SOON),
    "500, but carried out": lambda chooses: Refuse(chooses, 500, headers=SOON, carried_out=True),
    "502, but carried out": lambda chooses: Refuse(chooses, 502, headers=SOON, carried_out=True),
    "503, overloaded": lambda chooses: Refuse(chooses, 503, "server_is_overloaded", headers=SOON),
    "409, a conflict": lambda chooses: Refuse(chooses, 409, headers=SOON),
    "400, for no reason": lambda chooses: Refuse(chooses, 400),
    "a hang, not carried out": lambda chooses: Hang(chooses, LATE),
    "a hang, but carried out": lambda chooses: Hang(chooses, LATE, carried_out=True),
    "connection lost before": lambda chooses: Lose(chooses, "before"),
    "connection lost after": lambda chooses: Lose(chooses, "after"),
    "connection lost in the midst": lambda chooses: Lose(chooses, "midst"),
    "half of an answer": Halve,
    "half of a letter": CutLetter,
    "lists that repeat a cursor": RepeatCursor,
    "lists with an empty page": lambda chooses: EndEarly(chooses, 0),
    "lists with a short page": lambda chooses: EndEarly(chooses, 1),
    "lists that lag, by one": lambda chooses: Lag(1),
    "lists that lag, by five": lambda chooses: Lag(5),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_tenth_of_all_answers_is_spoilt(new_world: NewWorld, fault: str, tally: Tally) -> None:
    tally.begin("faults", fault)
    for seed in tally.some(range(SEEDS), FEW):
        with tally.run(f"seed {seed}"), new_world() as world:
            write_example(world, TARGETS[seed % len(TARGETS)])
            live_through(world, FAULTS[fault](some(RATE, seed)))
            assert_converges(world)
            if tally.whole:
                change_example(world)
                live_through(world, FAULTS[fault](some(RATE, seed + SEEDS)))
                assert_converges(world)


def live_through(world: World, rule: Rule) -> None:
    """An apply under faults ends with a code that is promised, and with words where it did not go well."""
    ended = world.run(*APPLY, rule=rule, env={"PROVISION_TIMEOUT": TIMEOUT})
    assert ended.code in (0, 1, 3), ended.said
    assert ended.code == 0 or "error" in ended.said or "failed" in ended.said or "blocked" in ended.said, ended.said


def test_everything_goes_wrong_at_once(new_world: NewWorld, tally: Tally) -> None:
    """A fifth of all answers is spoilt, each in any way, and lists lag, too.

    Twenty uploads that only their contents tell apart can then be undecided: they are named, and deleting them helps.
    """
    tally.begin("faults", "all of them together")
    for seed in tally.some(range(SEEDS), FEW):
        with tally.run(f"seed {seed}"), new_world() as world:
            write, change = PROJECTS[seed % len(PROJECTS)]
            write(world)
            live_through(world, storm(seed))
            decide(world)
            assert_converges(world)
            change(world)
            live_through(world, storm(seed + SEEDS))
            decide(world)
            assert_converges(world)


PROJECTS: list[tuple[Callable[[World], None], Callable[[World], None]]] = [
    *((partial(write_example, target=target), change_example) for target in TARGETS),
    (write_twenty, change_twenty),
]


def storm(seed: int) -> Rule:
    """Every fault, each for its own share of all answers."""
    return All([make(some(0.2 / len(FAULTS), f"{seed}/{name}")) for name, make in FAULTS.items()])


def decide(world: World) -> None:
    """Does what a blocked plan advises where uploads are undecided."""
    planned = world.run("plan")
    if planned.code == 3 and re.search(r"\bfiles? may be it", planned.said):
        for id in sorted(set(re.findall(r"file-\w+", " ".join(re.findall(r"may be it \((.*?)\)", planned.said))))):
            world.client().files.delete(id)
