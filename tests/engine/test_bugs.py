"""An exception that is no error of ours ends its change, not the run, and is kept to be reported."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import ApiError
from provisioner.engine.change_outcomes import Watch
from provisioner.engine.pool import Pool
from provisioner.engine.task import Key, Step, Task
from provisioner.planning.event import Failed, Skipped
from provisioner.planning.plan import Action, Change


def raising(error: BaseException) -> Any:
    def run() -> None:
        raise error

    return run


def tasks(first: Any) -> list[Task]:
    keys = [Key(Address("file", name), Step.OBJECT) for name in ("a", "b", "c")]
    runs = [first, lambda: None, lambda: None]
    needs = [frozenset[Any](), frozenset[Any](), frozenset({keys[0]})]
    return [
        Task(key, Change(key.address, Action.CREATE, "file"), run, need)
        for key, run, need in zip(keys, runs, needs, strict=True)
    ]


def watch_of(events: list[Any]) -> Watch:
    steps: Any = SimpleNamespace(ledger=SimpleNamespace(records={}))
    return Watch(events.append, steps)


@pytest.mark.parametrize("error", [OverflowError("too far"), TypeError("none"), RecursionError("deep"), KeyError("x")])
def test_a_bug_fails_its_change_alone(error: Exception) -> None:
    events: list[Any] = []
    watch = watch_of(events)
    made = tasks(raising(error))
    watch.expect(made)
    Pool(1, watch, Event()).run(made)
    outcome = watch.close(interrupted=False)
    assert [str(change.address) for change in outcome.applied] == ["file.b"]
    told = f"provision has a bug here: {type(error).__name__}: {error}"
    assert outcome.failed == {"file.a": Diagnostic("error", told)}
    assert list(outcome.skipped) == ["file.c"]
    assert outcome.bug is error
    assert any(isinstance(each, Failed) for each in events)


def test_what_ends_the_process_is_raised() -> None:
    watch = watch_of([])
    made = tasks(raising(SystemExit(3)))
    watch.expect(made)
    with pytest.raises(SystemExit):
        Pool(1, watch, Event()).run(made)


@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize("first", ["object", "members"])
def test_each_change_is_counted_once(fails: bool, first: str) -> None:
    store = Address("vector_store", "s")
    change = Change(store, Action.CREATE, "vector_store")
    steps = {step: Task(Key(store, Step(step)), change, lambda: None) for step in ("object", "members")}
    events: list[Any] = []
    watch = watch_of(events)
    watch.expect(list(steps.values()))
    watch.started(steps["object"])
    for step in sorted(steps, reverse=first == "object"):
        if step == "members":
            watch.skipped(steps[step], "it needs file.a")
        elif fails:
            watch.failed(steps[step], ApiError("no answer in time"))
        else:
            watch.succeeded(steps[step])
    outcome = watch.close(interrupted=False)
    assert outcome.applied == []
    messages = {name: each.message for name, each in outcome.failed.items()}
    assert messages == ({"vector_store.s": "no answer in time"} if fails else {})
    said = "created, but its files are not attached: it needs file.a"
    assert outcome.skipped == ({} if fails else {"vector_store.s": said})
    assert len([each for each in events if isinstance(each, Failed | Skipped)]) == 1
