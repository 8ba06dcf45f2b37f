"""A plan that is begun before the manifests are read makes the same calls, and finds the same objects."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.errors import Blocked
from provisioner.core.refreshmode import RefreshMode
from provisioner.engine.begun_plan import BegunPlan, begin_plan
from provisioner.engine.recorded_parts import is_as_recorded
from provisioner.engine.refresh import is_never_known, refresh
from provisioner.engine.snapshot import Identity
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Opening
from provisioner.state.records import State, dump_bytes
from tests.engine.test_quick_refresh import library

OWN = Identity("p", "default", "https://api.openai.com/v1")
READING = [RefreshMode.FULL, RefreshMode.QUICK]


def written(folder: Path, state: State, **fields: Any) -> tuple[LocalBackend, State]:
    """A backend with the state, which belongs to OWN unless `fields` say otherwise."""
    whole = replace(state, account=OWN.account, project=OWN.project, environment=OWN.environment, serial=1)
    whole = replace(whole, **fields)
    backend = LocalBackend(folder, "default")
    backend.write(whole)
    return backend, whole


def calls(collections: dict[str, Any]) -> int:
    """How many calls were made."""
    return sum(sum(each.calls.values()) for each in collections.values())


def finished(begun: BegunPlan, *arguments: Any) -> Actual:
    assert begun.refresh is not None
    try:
        return begun.refresh.finish((), *arguments)
    finally:
        begun.close()


@pytest.mark.parametrize("mode", READING)
def test_the_same_calls_find_the_same_objects(tmp_path: Path, mode: RefreshMode) -> None:
    collections, state = library(3, 4, 5)
    backend, state = written(tmp_path, state)
    is_known = partial(is_as_recorded, ()) if mode is RefreshMode.QUICK else is_never_known
    expected = refresh(collections, state, (), 2, is_known=is_known)
    usual = calls(collections)
    begun = begin_plan(collections, backend, OWN, mode, 2)
    assert begun.snapshot.base == state
    assert finished(begun) == expected
    assert calls(collections) == 2 * usual


def test_reading_begins_before_it_is_finished(tmp_path: Path) -> None:
    collections, state = library(3, 4, 5)
    backend, _ = written(tmp_path, state)
    begun = begin_plan(collections, backend, OWN, RefreshMode.FULL, 2)
    assert begun.refresh is not None
    begun.refresh.close()  # It waits for the calls that were begun.
    begun.close()
    assert calls(collections) > 0


def test_a_wanted_object_behind_the_recorded_ones_is_found(tmp_path: Path) -> None:
    collections, state = library(1, 1, 2)
    others = [Live(f"other-{number}", {}) for number in range(collections["assistant"].on_page)]
    collections["assistant"].lives = [*collections["assistant"].lives, *others]
    backend, _ = written(tmp_path, state)
    begun = begin_plan(collections, backend, OWN, RefreshMode.FULL, 2)
    found = finished(begun, (), {"assistant": {"other-99"}})
    assert set(found.listed) == {"other-99"}


def no_state(folder: Path, state: State) -> LocalBackend:
    return LocalBackend(folder, "default")


def of_another_account(folder: Path, state: State) -> LocalBackend:
    return written(folder, state, account="https://example.org/v1")[0]


def after_an_interrupted_run(folder: Path, state: State) -> LocalBackend:
    backend, whole = written(folder, state)
    opening = Opening(whole.lineage, 1, OWN.account, OWN.project, OWN.environment, 0.0)
    with backend.lock("apply"):
        backend.open_journal(opening).close()
    return backend


@pytest.mark.parametrize("before", [no_state, of_another_account, after_an_interrupted_run])
@pytest.mark.parametrize("mode", RefreshMode)
def test_nothing_is_read_before_the_plan_decides_what(
    tmp_path: Path, mode: RefreshMode, before: Callable[[Path, State], LocalBackend]
) -> None:
    collections, state = library(1, 1, 1)
    begun = begin_plan(collections, before(tmp_path, state), OWN, mode, 2)
    begun.close()
    assert begun.refresh is None
    assert calls(collections) == 0


def test_without_a_refresh_only_the_state_is_read(tmp_path: Path) -> None:
    collections, state = library(1, 1, 1)
    backend, whole = written(tmp_path, state)
    begun = begin_plan(collections, backend, OWN, RefreshMode.NONE, 2)
    begun.close()
    assert begun.refresh is None
    assert begun.snapshot.base == whole


def test_a_state_that_may_not_be_used_is_refused(tmp_path: Path) -> None:
    collections, state = library(1, 1, 1)
    backend, whole = written(tmp_path, state)
    backend.state_path.write_bytes(dump_bytes(replace(whole, lineage="other")))
    before = sys.getswitchinterval()
    with pytest.raises(Blocked):
        begin_plan(collections, backend, OWN, RefreshMode.FULL, 2)
    assert sys.getswitchinterval() == before
    assert calls(collections) == 0


def test_the_switch_interval_is_that_of_before_in_the_end(tmp_path: Path) -> None:
    collections, state = library(1, 1, 1)
    before = sys.getswitchinterval()
    begun = begin_plan(collections, written(tmp_path, state)[0], OWN, RefreshMode.FULL, 2)
    assert sys.getswitchinterval() < before
    begun.close()
    assert sys.getswitchinterval() == before
