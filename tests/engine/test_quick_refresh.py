"""How many calls a full and a quick refresh take, and which objects a quick one reads. On an account in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from math import ceil
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.engine.quick_refresh import describe_unread, read_parts, record_summaries
from provisioner.engine.recorded_parts import is_as_recorded
from provisioner.engine.refresh import is_never_known, refresh
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual
from provisioner.state.member_summary import MEMBER_SUMMARY, count_members, summarize, without_summaries
from provisioner.state.record_columns import LazyRecords
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Record, State

#: The most objects that one page of a list holds: of files, and of everything else.
FILES_ON_PAGE, ON_PAGE = 10_000, 100


@dataclass
class Objects:
    """A collection of `lives`, newest first, that counts the calls. Each has `parts` parts, which lists omit."""

    lives: Sequence[Live]
    on_page: int = ON_PAGE
    parts: int = 0
    title: str = "object"
    remote: bool = True
    members: Any = None
    calls: Counter[str] = field(default_factory=Counter)

    def pages(self) -> Iterator[Sequence[Live]]:
        for start in range(0, len(self.lives), self.on_page):
            self.calls["list"] += 1
            yield self.lives[start : start + self.on_page]

    def retrieve(self, id: str) -> Live | None:
        self.calls["retrieve"] += 1
        return next((live for live in self.lives if live.id == id), None)

    def complete(self, live: Live) -> Live:
        self.calls["parts"] += ceil(self.parts / ON_PAGE)
        return replace(live, fields={**live.fields, "files": {}}) if self.parts else live


def summary(total: int, usage: int = 7, **other: int) -> dict[str, Any]:
    counts = {"in_progress": 0, "completed": total, "failed": 0, "cancelled": 0, "total": total, **other}
    return {"file_counts": counts, "usage_bytes": usage, "status": "completed"}


def library(stores: int, files: int, assistants: int) -> tuple[dict[str, Any], State]:
    """The collections and the state of a project with `files` files in each store."""
    members = {f"m{number}": {"file_id": f"file-{number}"} for number in range(files)}
    there = summary(files)
    kinds = {"file": stores * files, "vector_store": stores, "assistant": assistants}
    collections: dict[str, Any] = {}
    records = {}
    for type_, count in kinds.items():
        is_store = type_ == "vector_store"
        lives = [Live(f"{type_}-{each}", {}, summary=there if is_store else None) for each in range(count)]
        inputs, echo = ({"files": members}, {MEMBER_SUMMARY: there}) if is_store else ({}, {})
        for live in lives:
            address = Address(type_, live.id)
            records[address] = Record(address, type_, live.id, inputs, echo)
        on_page = FILES_ON_PAGE if type_ == "file" else ON_PAGE
        collections[type_] = Objects(lives, on_page, files if is_store else 0)
    return collections, State("lineage", records=records)


def read(collections: dict[str, Any], state: State, *, quick: bool) -> tuple[Actual, int]:
    """What a refresh finds, and how many calls it takes."""
    is_known = partial(is_as_recorded, ()) if quick else is_never_known
    actual = refresh(collections, state, (), 2, is_known=is_known)
    return actual, sum(sum(each.calls.values()) for each in collections.values())


@pytest.mark.parametrize(
    ("size", "assistants", "full", "quick"),
    [
        pytest.param((100, 50), 200, 130, 6, id="M"),
        pytest.param((500, 200), 0, 1_600, 25, id="L", marks=pytest.mark.thorough),
    ],
)
def test_calls_of_a_refresh(size: tuple[int, int], assistants: int, full: int, quick: int) -> None:
    collections, state = library(*size, assistants)
    _, quickly = read(collections, state, quick=True)
    _, both = read(collections, state, quick=False)
    assert quickly <= quick
    assert both - quickly <= full


def test_twice_the_size_takes_at_most_twice_the_calls() -> None:
    for quick in (True, False):
        counts = [read(*library(50 * 2**doubled, 4, 100 * 2**doubled), quick=quick)[1] for doubled in range(4)]
        assert all(later <= 2 * former for former, later in pairwise(counts)), counts


ADDRESS = Address("vector_store", "library")
MEMBERS = {"a": {"file_id": "file-a"}, "b": {"file_id": "file-b"}}


def decide(unsettled: Container[Address], record: Record, live: Live) -> bool:
    """What the record says, and its text in a large state."""
    address = record.address
    text = msgspec.json.decode(msgspec.json.encode(record.to_json(), order="sorted"), type=RecordText)
    decided = is_as_recorded(unsettled, {address: record}, address, live)
    assert is_as_recorded(unsettled, LazyRecords({address: text}, {}, "the state"), address, live) == decided
    return decided


def known(live: Any, recorded: Any, members: Any = MEMBERS) -> bool:
    echo = {} if recorded is None else {MEMBER_SUMMARY: recorded}
    record = Record(ADDRESS, "vector_store", "vs_1", {"files": members}, echo)
    return decide((), record, Live("vs_1", {}, summary=live))


def test_a_store_as_recorded_is_not_read() -> None:
    assert known(summary(2), summary(2))
    assert known(summary(3), summary(3))  # one that nobody declared was there before


@pytest.mark.parametrize(
    ("live", "recorded"),
    [
        (summary(3), summary(2)),
        (summary(2, usage=8), summary(2)),
        (summary(2, failed=1), summary(2)),
        ({**summary(2), "status": "expired"}, summary(2)),
        (summary(2), None),
        (None, summary(2)),
        (None, None),
        (summary(1), summary(1)),  # fewer than are recorded: the server does not count, or the state is another's
        (summary(2, in_progress=1), summary(2, in_progress=1)),
        ({**summary(2), "status": "in_progress"}, {**summary(2), "status": "in_progress"}),
        (summary(2), "edited"),
        (summary(2), {"file_counts": 5}),
    ],
)
def test_a_store_with_a_difference_is_read(live: Any, recorded: Any) -> None:
    assert not known(live, recorded)


def test_a_store_whose_last_write_is_open_is_read() -> None:
    record = Record(ADDRESS, "vector_store", "vs_1", {"files": MEMBERS}, {MEMBER_SUMMARY: summary(2)})
    assert not decide({ADDRESS}, record, Live("vs_1", {}, summary=summary(2)))


@pytest.mark.parametrize(
    ("latest", "default", "expected"), [("3", "3", True), ("4", "3", False), ("3", "2", False), (None, "3", False)]
)
def test_the_versions_of_a_skill_are_read_where_the_list_names_others(
    latest: str | None, default: str, expected: bool
) -> None:
    record = Record(Address("skill", "s"), "skill", "skill_1", {}, {"latest_version": "3", "default_version": "3"})
    fields = {"default_version": default} | ({} if latest is None else {"latest_version": latest})
    assert decide((), record, Live("skill_1", fields)) is expected


BODY = {**summary(2), "id": "vs_1", "last_active_at": 5, "expires_at": 9}


def test_what_changes_by_itself_is_no_part_of_a_summary() -> None:
    assert summarize(BODY) == summarize({**BODY, "last_active_at": 6, "expires_at": None}) == summary(2)


@pytest.mark.parametrize(
    "other",
    [
        *({"file_counts": None}, {"file_counts": {}}, {"file_counts": {"total": 2}}, {"file_counts": [2]}),
        *({"usage_bytes": None}, {"usage_bytes": "7"}, {"usage_bytes": -1}, {"usage_bytes": True}),
        *({"usage_bytes": 2**60}, {"status": None}, {"status": 1}),
    ],
)
def test_a_server_that_does_not_count_gives_no_summary(other: dict[str, Any]) -> None:
    assert summarize({**BODY, **other}) is None


def test_the_summary_of_files_is_what_the_server_counts() -> None:
    assert count_members([("completed", 3), ("completed", 4)]) == summary(2)
    assert count_members([("completed", 7), ("failed", 9)]) == summary(2, completed=1, failed=1)
    assert (
        count_members([("completed", None)])
        is count_members([("in_progress", 0)])
        is count_members([(None, 1)])
        is None
    )


def test_a_summary_is_recorded_only_where_the_files_are_as_recorded() -> None:
    echo: dict[str, Any] = {"files": {"file-a": {"attributes": {}}, "file-b": {"attributes": {}}}}
    state = State("lineage", records={ADDRESS: Record(ADDRESS, "vector_store", "vs_1", {"files": MEMBERS}, echo)})

    def recorded(files: Any, there: Any = None) -> Any:
        live = Live("vs_1", {"files": files}, summary=there or summary(2))
        return record_summaries(state, Actual({ADDRESS: live}), ()).records[ADDRESS].echo.get(MEMBER_SUMMARY)

    assert recorded(echo["files"]) == summary(2)
    assert recorded({**echo["files"], "file-theirs": {}}, summary(3)) == summary(3)
    assert recorded({"file-a": echo["files"]["file-a"]}) is None
    assert recorded({**echo["files"], "file-b": {"attributes": {"theirs": "x"}}}) is None
    assert recorded(echo["files"], summary(2, in_progress=1)) is None
    _, other = library(1, 2, 0)
    assert not any(MEMBER_SUMMARY in each.echo for each in without_summaries(other).records.values())


def test_parts_that_are_read_later_are_no_longer_unread() -> None:
    collections, state = library(3, 2, 0)
    actual, _ = read(collections, state, quick=True)
    assert len(actual.unread) == 3
    assert "the files of 3 vector stores were not read" in describe_unread(actual)[0].message

    later = read_parts(collections, actual, {"vector_store-1"}, 2)

    assert set(later.unread) == {"vector_store-0", "vector_store-2"}
    assert "files" in later.live[Address("vector_store", "vector_store-1")].fields
    assert "files" not in later.live[Address("vector_store", "vector_store-0")].fields
    assert describe_unread(Actual()) == []
