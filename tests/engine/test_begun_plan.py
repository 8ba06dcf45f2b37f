"""A plan that is begun before the manifests are read makes the same calls, and finds the same objects."""

from __future__ import annotations

import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import ApiError, Blocked, NotFound, Rejected, TornState, Unavailable
from provisioner.core.refreshmode import RefreshMode
from provisioner.engine.begun_plan import BegunPlan, begin_plan
from provisioner.engine.recorded_parts import is_as_recorded
from provisioner.engine.refresh import is_never_known, refresh
from provisioner.engine.snapshot import Identity, read_checked
from provisioner.openai_api.collections.collection import Live, Member
from provisioner.openai_api.collections.vector_stores import with_members
from provisioner.planning.diff import Actual
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Opening
from provisioner.state.records import Record, State, dump_bytes
from tests.engine.test_quick_refresh import Objects, library

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


def wait_until(is_true: Callable[[], bool]) -> None:
    """Waits until it is true, for a minute at most."""
    end = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.01)


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
    assert begun.read_state()[0].base == state
    assert finished(begun) == expected
    assert calls(collections) == 2 * usual


def test_reading_begins_before_it_is_finished(tmp_path: Path) -> None:
    collections, state = library(3, 4, 5)
    backend, _ = written(tmp_path, state)
    begun = begin_plan(collections, backend, OWN, RefreshMode.FULL, 2)
    assert begun.refresh is not None
    wait_until(lambda: calls(collections) > 0)
    begun.close()


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
    assert begun.read_state()[0].base == whole


class Counting:
    """The calls of a backend that read the state."""

    def __init__(self, backend: LocalBackend) -> None:
        self.backend, self.reads = backend, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    def read(self) -> State | None:
        self.reads += 1
        return self.backend.read()


@pytest.mark.parametrize(
    "text", [b"{", dump_bytes(State("other", 1, OWN.account, "p", "default"))], ids=["torn", "other"]
)
def test_an_error_in_the_state_is_raised_by_the_plan(tmp_path: Path, text: bytes) -> None:
    collections, state = library(1, 1, 1)
    backend, _ = written(tmp_path, state)
    backend.state_path.write_bytes(text)
    counting: Any = Counting(backend)
    with pytest.raises((Blocked, TornState)) as expected:
        read_checked(counting, OWN)
    usual, counting.reads = counting.reads, 0
    before = sys.getswitchinterval()
    begun = begin_plan(collections, counting, OWN, RefreshMode.FULL, 2)
    begun.close()
    assert sys.getswitchinterval() == before
    for _ in range(2):
        with pytest.raises(type(expected.value), match=re.escape(str(expected.value))):
            begun.read_state()
    assert counting.reads == usual  # The plan reads the state no second time.
    assert calls(collections) == 0


def test_the_switch_interval_is_that_of_before_in_the_end(tmp_path: Path) -> None:
    collections, state = library(1, 1, 1)
    before = sys.getswitchinterval()
    begun = begin_plan(collections, written(tmp_path, state)[0], OWN, RefreshMode.FULL, 2)
    assert sys.getswitchinterval() < before
    begun.close()
    assert sys.getswitchinterval() == before


@dataclass
class Files:
    """The files of vector stores by store; an error is raised instead. Counts the calls for each store."""

    found: dict[str, Any]
    calls: Counter[str] = field(default_factory=Counter)

    def list(self, store: str) -> dict[str, Member]:
        self.calls[store] += 1
        answer = self.found[store]
        if isinstance(answer, ApiError):
            raise answer
        return {id: Member(id, {"number": number}) for number, id in enumerate(answer)}


class Stores(Objects):
    """Vector stores whose files are read with the store's id."""

    def complete(self, live: Live) -> Live:
        return live if live.status == "expired" else with_members(live, self.members.list(live.id))


def store_library(found: dict[str, Any], lives: list[Live]) -> tuple[dict[str, Any], State, Files]:
    """The collections and the state of vector stores: `found` are the recorded ones with their files, and `lives` are
    those in the list.
    """
    files = Files(found)
    records = {
        address: Record(address, "vector_store", id, {})
        for id in found
        if (address := Address("vector_store", id.replace("_", "-")))
    }
    return {"vector_store": Stores(lives, members=files)}, State("lineage", records=records), files


MANY = {f"vs_{number}": [f"file-{number}-{each}" for each in range(3)] for number in range(40)}
GONE = NotFound("no such store")
REFUSED = Rejected("an expired store has no files", status=400)


@pytest.mark.parametrize("parallelism", [1, 2, 16])
@pytest.mark.parametrize(
    ("found", "lives", "more"),
    [
        (MANY, [Live(id, {}) for id in MANY], 0),
        (MANY | {"vs_5": GONE}, [Live(id, {}) for id in MANY if id != "vs_5"], 1),
        (MANY | {"vs_5": REFUSED}, [Live(id, {}, "expired" if id == "vs_5" else None) for id in MANY], 1),
        ({"vs_1": []}, [], 1),
    ],
    ids=["as recorded", "one deleted", "one expired", "none there"],
)
def test_files_are_read_before_the_list_shows_the_stores(
    tmp_path: Path, found: dict[str, Any], lives: list[Live], more: int, parallelism: int
) -> None:
    collections, state, files = store_library(found, lives)
    backend, state = written(tmp_path, state)
    expected = refresh(collections, state, (), parallelism)
    usual = sum(files.calls.values())
    files.calls.clear()
    begun = begin_plan(collections, backend, OWN, RefreshMode.FULL, parallelism)
    assert finished(begun) == expected
    # The files of a store that is not in the list need not be read: the plan may end before.
    assert usual <= sum(files.calls.values()) <= usual + more
    assert set(files.calls.values()) <= {1}


def test_a_store_that_the_list_hides_is_read_with_its_files(tmp_path: Path) -> None:
    class Hiding(Stores):
        def pages(self) -> Iterator[Sequence[Live]]:
            yield []

    collections, state, files = store_library({"vs_1": ["file-1"]}, [Live("vs_1", {})])
    collections["vector_store"] = Hiding([Live("vs_1", {})], members=files)
    backend, _ = written(tmp_path, state)
    found = finished(begin_plan(collections, backend, OWN, RefreshMode.FULL, 2))
    assert [live.fields["files"].keys() for live in found.live.values()] == [{"file-1"}]


def test_an_error_of_the_server_is_raised_in_the_end(tmp_path: Path) -> None:
    collections, state, files = store_library(MANY | {"vs_5": Unavailable("down")}, [Live(id, {}) for id in MANY])
    backend, _ = written(tmp_path, state)
    with pytest.raises(Unavailable, match="down"):
        finished(begin_plan(collections, backend, OWN, RefreshMode.FULL, 2))
    assert files.calls["vs_5"] == 1


def test_a_quick_refresh_reads_no_files_early(tmp_path: Path) -> None:
    collections, state, files = store_library(MANY, [Live(id, {}) for id in MANY])
    backend, state = written(tmp_path, state)
    begun = begin_plan(collections, backend, OWN, RefreshMode.QUICK, 2)
    assert finished(begun) == refresh(collections, state, (), 2, is_known=partial(is_as_recorded, ()))
    assert set(files.calls.values()) == {2}  # Nothing is recorded about the files, so both have read them.
