"""From any project to any other, on an account that others touch, that fails, and under a process that dies."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from provisioner.core.resource import Resource
from provisioner.engine.engine import Engine
from provisioner.engine.snapshot import Identity
from provisioner.openai_api.collections.collection import Live, Member
from provisioner.planning.diff.values import resolve
from provisioner.planning.plan import Outcome, Plan
from provisioner.state.backends import Journal, LocalBackend
from provisioner.state.backends.release_files import ReleaseFiles
from provisioner.state.journal import Entry, Opening
from provisioner.state.records import State
from tests.plan.account import AUTO, Account, Fault, Killed, Mode, as_floats, echoed
from tests.plan.worlds import PATHS, Store, World, worlds

EMPTY = Store({}, None, None, chunked=False, exclusive=False)

pytestmark = pytest.mark.thorough

FOREIGN = "file-theirs"
MODES: tuple[Mode, ...] = ("refused", "unavailable", "lost", "killed before", "killed after")
faults = st.builds(Fault, step=st.integers(0, 25), mode=st.sampled_from(MODES))


@pytest.fixture(scope="module", autouse=True)
def _flush_nothing() -> Iterator[None]:
    """No power is cut here, and waiting for the disk is most of what these tests would do."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "fdatasync"):
            patch.setattr(os, name, lambda handle: None, raising=False)
        yield


class MortalBackend:
    """A local backend of a process that can die: from then on nothing is written any more."""

    def __init__(self, local: LocalBackend, account: Account) -> None:
        self.local, self.account = local, account
        self.read, self.read_journal, self.lock = local.read, local.read_journal, local.lock
        self.describe, self.holder, self.close = local.describe, local.holder, local.close
        self.history, self.read_former, self.unlock = local.history, local.read_former, local.unlock
        self.former_digest = local.former_digest
        self.releases = MortalReleases(local.releases, self)

    def write(self, state: State) -> None:
        self.live()
        self.local.write(state)

    def keep(self, state: State) -> None:
        self.live()
        self.local.keep(state)

    def clear_journal(self) -> None:
        self.live()
        self.local.clear_journal()

    def replace_journal(self, entries: Sequence[Entry]) -> None:
        self.live()
        self.local.replace_journal(entries)

    def open_journal(self, opening: Opening) -> Journal:
        self.live()
        return MortalJournal(self.local.open_journal(opening), self)

    def live(self) -> None:
        if self.account.dead:
            raise Killed


@dataclass(frozen=True, slots=True)
class MortalReleases:
    """Its releases."""

    files: ReleaseFiles
    backend: MortalBackend

    def describe(self) -> str:
        return self.files.describe()

    def read_index(self) -> str | None:
        return self.files.read_index()

    def read(self, name: str) -> str | None:
        return self.files.read(name)

    def write_index(self, text: str) -> None:
        self.backend.live()
        self.files.write_index(text)

    def set_index_aside(self) -> str:
        self.backend.live()
        return self.files.set_index_aside()

    def add(self, texts: Mapping[str, str]) -> None:
        self.backend.live()
        self.files.add(texts)

    def remove(self, names: Collection[str]) -> None:
        self.backend.live()
        self.files.remove(names)


@dataclass(frozen=True, slots=True)
class MortalJournal:
    """Its journal."""

    journal: Journal
    backend: MortalBackend

    def append(self, entry: Entry) -> None:
        self.backend.live()
        self.journal.append(entry)

    def close(self) -> None:
        self.journal.close()


@dataclass(frozen=True, slots=True)
class Bench:
    """An account, and a folder that keeps its state."""

    account: Account
    local: LocalBackend

    def engine(self) -> Engine:
        """A new process, as it were."""
        self.account.dead = False
        self.account.fault = None
        return Engine(
            self.account.collections(),
            MortalBackend(self.local, self.account),
            Identity("library", "prod", "https://api.openai.com/v1"),
            parallelism=4,
            grace=0,
        )

    def plan(self, world: World) -> Plan:
        return self.engine().plan(world.resources(), accept_account=True).plan

    def apply(self, world: World, fault: Fault | None = None) -> Outcome | None:
        """Plans and applies under the lock; None where the process was killed."""
        engine = self.engine()
        with engine.locked("apply"):
            planned = engine.plan(world.resources(), accept_account=True, under_lock=True)
            assert not planned.plan.errors()
            assert not planned.plan.blockers()
            self.account.writes, self.account.fault = 0, fault
            try:
                return engine.apply(planned)
            except Killed:
                return None

    def settle(self, world: World) -> None:
        """Applies without a fault, and checks that everything is as it should be."""
        outcome = self.apply(world)
        assert outcome is not None
        assert (outcome.failed, outcome.skipped) == ({}, {})
        self.check(world)

    def state(self) -> State:
        """What is recorded; a run that died before it recorded anything leaves no state."""
        return self.local.read() or State("none yet")

    def check(self, world: World) -> None:
        """The account is what the world says, nothing is left behind, and a plan finds nothing to do."""
        state = self.state()
        assert self.account.breaches == []
        assert state.retired == ()
        assert self.local.read_journal() == []
        assert set(state.records) == {resource.address for resource in world.resources()}
        ids = {record.id for record in state.records.values() if record.type != "definition"}
        assert {id for id in self.account.objects if not id.startswith(FOREIGN)} == ids
        for resource in world.resources():
            check_object(resource, state, self.account)
        plan = self.plan(world)
        assert plan.changes == ()
        assert plan.drift == ()


def check_object(resource: Resource, state: State, account: Account) -> None:
    """The object is as desired, in the API's own words."""
    record = state.records[resource.address]
    ids = {address: other.id for address, other in state.records.items()}
    desired = resolve(resource.inputs, ids)
    if resource.type == "definition":
        assert record.inputs == desired
        return
    type_, live = account.objects[record.id]
    assert type_ == resource.type
    if type_ == "file":
        desired.pop("filename")  # a file that moved keeps the name that it was uploaded under
    files = desired.pop("files", {}) if type_ == "vector_store" else {}
    metadata = desired.pop("metadata", {})
    assert metadata.items() <= live.metadata.items()
    assert echoed(desired, type_).items() <= live.fields.items()
    if type_ == "vector_store":
        check_members(files, account.members[record.id], exclusive=resource.lifecycle.exclusive)


def check_members(desired: dict[str, Any], members: dict[str, Member], *, exclusive: bool) -> None:
    for member in desired.values():
        live = members[member["file_id"]]
        assert live.attributes == as_floats(member["attributes"])
        assert live.chunking_strategy == member.get("chunking_strategy", AUTO)
    others = set(members) - {member["file_id"] for member in desired.values()}
    assert all(id.startswith(FOREIGN) for id in others)
    assert not (exclusive and others)


def replace_fields(account: Account, id: str, **fields: Any) -> None:
    type_, live = account.objects[id]
    account.objects[id] = (type_, replace(live, fields={**live.fields, **fields}))


def delete_object(account: Account, id: str) -> None:
    account.objects.pop(id)
    account.members.pop(id, None)
    for members in account.members.values():
        members.pop(id, None)


def overwrite(account: Account, id: str) -> None:
    type_ = account.objects[id][0]
    if type_ in ("assistant", "agent"):
        replace_fields(account, id, instructions="theirs", tools=[{"type": "web_search"}], reasoning=None)
    elif type_ == "vector_store":
        replace_fields(account, id, name="theirs")
    elif type_ == "environment_template":
        replace_fields(account, id, network={"access": "enabled"})


def add_key(account: Account, id: str) -> None:
    if "metadata" in account.objects[id][1].fields:
        replace_fields(account, id, metadata={**account.objects[id][1].metadata, "console": "theirs", "note": "theirs"})


def expire(account: Account, id: str) -> None:
    type_, live = account.objects[id]
    if type_ == "vector_store":
        account.objects[id] = (type_, replace(live, status="expired"))
        account.members[id] = {}


def take_out(account: Account, id: str) -> None:
    for members in list(account.members.values())[:1]:
        if members:
            members.pop(sorted(members)[0])


def describe(account: Account, id: str) -> None:
    for members in account.members.values():
        for file_id, member in members.items():
            members[file_id] = replace(member, attributes={"rank": 9.0})


def put_in(account: Account, id: str) -> None:
    account.objects.setdefault(FOREIGN, ("file", Live(FOREIGN, {"filename": "theirs.md"})))
    for members in account.members.values():
        members[FOREIGN] = Member(FOREIGN, {}, AUTO)


Tampering = Callable[[Account, str], None]
TAMPERINGS: tuple[Tampering, ...] = (delete_object, overwrite, add_key, expire, take_out, describe, put_in)
tamperings = st.lists(st.tuples(st.sampled_from(TAMPERINGS), st.integers(0, 9)), max_size=2)


def tamper(account: Account, found: list[tuple[Tampering, int]]) -> None:
    """What others do to the account."""
    for do, number in found:
        ids = sorted(id for id in account.objects if not id.startswith(FOREIGN))
        if ids:
            do(account, ids[number % len(ids)])


@contextmanager
def bench() -> Iterator[Bench]:
    with tempfile.TemporaryDirectory() as folder:
        local = LocalBackend(Path(folder), "prod")
        yield Bench(Account(), local)


@given(st.lists(st.tuples(worlds, tamperings), min_size=1, max_size=3))
@settings(max_examples=120)
def test_an_apply_leaves_nothing_to_do_whatever_was_there_before(steps: list[tuple[World, list[Any]]]) -> None:
    with bench() as it:
        for world, found in steps:
            it.settle(world)
            before = it.local.state_path.read_bytes()
            it.settle(world)
            assert it.local.state_path.read_bytes() == before
            tamper(it.account, found)
        it.settle(steps[-1][0])


@given(worlds, worlds, st.lists(faults, min_size=1, max_size=2), tamperings)
@settings(max_examples=150)
def test_an_apply_that_failed_anywhere_is_mended_by_the_next(
    before: World, after: World, struck: list[Fault], found: list[Any]
) -> None:
    with bench() as it:
        it.settle(before)
        tamper(it.account, found)
        for fault in struck:
            it.apply(after, fault)
        it.settle(after)


@given(worlds, worlds, faults)
@example(
    World(dict.fromkeys(PATHS, 1), {"y": EMPTY, "x": dataclasses.replace(EMPTY, members={"a.md": 1, "b/a.md": 1})}, {}),
    World({}, {"x": EMPTY}, {}),
    Fault(5, "lost"),  # the answer to the attachment
)
@settings(max_examples=80)
def test_a_first_apply_that_failed_anywhere_leaves_nothing_behind(first: World, then: World, fault: Fault) -> None:
    with bench() as it:
        it.apply(first, fault)
        it.settle(then)
        it.settle(World({}, {}, {}))
        assert it.state().records == {}
        assert it.account.objects == {}
