"""What vector stores take up and cost before a plan and after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.resource import Lifecycle
from provisioner.state.records import Retired
from tests.cost.shelves import GB, NOW, Stores, Story, file, lines, store

BIG, HALF = 2 * GB, GB // 2
KEPT = Lifecycle(retire_after=3600)
OLD = Retired(store("x"), "vector_store", "vs_old", since=NOW - 100, retire_after=200)
DUE = Retired(store("x"), "vector_store", "vs_old", since=NOW - 300, retire_after=200)


class Case(NamedTuple):
    """A story, bytes before and after of every store in it, USD a month before and after."""

    story: Story
    stores: Mapping[str, tuple[int, int]]
    usd: tuple[float, float] = (0.0, 0.0)


CASES = {
    "a new store is estimated from the sizes of its files": Case(
        Story(after={"x": {"a": BIG, "b": HALF}}), {"x": (0, BIG + HALF)}, (0, 4.5)
    ),
    "a gigabyte costs nothing": Case(Story(after={"x": {"a": GB}}), {"x": (0, GB)}),
    "the free gigabyte counts once for all stores": Case(
        Story(after={"x": {"a": GB}, "y": {"b": GB}}), {"x": (0, GB), "y": (0, GB)}, (0, 3.0)
    ),
    "one file in two stores takes up both": Case(
        Story(after={"x": {"a": GB}, "y": {"a": GB}}), {"x": (0, GB), "y": (0, GB)}, (0, 3.0)
    ),
    "a store grows beyond the free gigabyte": Case(
        Story({"x": {"a": HALF}}, {"x": {"a": HALF, "b": GB}}), {"x": (HALF, HALF + GB)}, (0, 1.5)
    ),
    "nothing changes": Case(Story({"x": {"a": BIG}}, {"x": {"a": BIG}}), {"x": (BIG, BIG)}, (3.0, 3.0)),
    "a file is detached, with what it takes up": Case(
        Story({"x": {"a": BIG, "b": BIG}}, {"x": {"a": BIG}}, usage={"x": {"b": HALF}}),
        {"x": (BIG + HALF, BIG)},
        (4.5, 3.0),
    ),
    "all files leave": Case(Story({"x": {"a": BIG}}, {"x": {}}), {"x": (BIG, 0)}, (3.0, 0)),
    "a deleted store takes up nothing": Case(
        Story({"x": {"a": GB}, "y": {"b": GB}}, {"x": {"a": GB}}), {"x": (GB, GB), "y": (GB, 0)}, (3.0, 0)
    ),
    "an adopted store that leaves is forgotten, and costs on": Case(
        Story({"x": {"a": BIG}}, adopted=True), {"x": (BIG, BIG)}, (3.0, 3.0)
    ),
    "a store that is adopted takes up the same before and after": Case(
        Story({"x": {"a": BIG}}, {"x": {"a": BIG}}, adopts=True), {"x": (BIG, BIG)}, (3.0, 3.0)
    ),
    "a store that is adopted grows by what is attached, scaled as what is in it": Case(
        Story(
            {"x": {"a": GB}},
            {"x": {"a": GB, "b": GB}},
            usage={"x": {"a": HALF}},
            strangers={"x": {"o": GB}},
            adopts=True,
        ),
        {"x": (GB + HALF, BIG)},
        (1.5, 3.0),
    ),
    "an adopted store of which the server says nothing has the sizes of its files": Case(
        Story({"x": {"a": BIG}}, {"x": {"a": BIG}}, silent="all", adopts=True), {"x": (BIG, BIG)}, (3.0, 3.0)
    ),
    "a new file is scaled as those beside it": Case(
        Story({"x": {"a": GB}}, {"x": {"a": GB, "b": GB}}, usage={"x": {"a": HALF}}), {"x": (HALF, GB)}
    ),
    "a new file is not scaled by a file that is still being indexed": Case(
        Story({"x": {"a": GB, "b": GB}}, {"x": {"a": GB, "b": GB, "c": GB}}, usage={"x": {"a": 0}}),
        {"x": (GB, BIG)},
        (0, 3.0),
    ),
    "a new store is scaled as all others": Case(
        Story({"x": {"a": GB}}, {"x": {"a": GB}, "y": {"b": BIG}}, usage={"x": {"a": HALF}}),
        {"x": (HALF, HALF), "y": (0, GB)},
        (0, 1.5),
    ),
    "new content comes in and the old one goes": Case(
        Story({"x": {"a": GB}}, {"x": {"a": BIG}}, usage={"x": {"a": HALF}}), {"x": (HALF, GB)}
    ),
    "a store that vanished is made again": Case(
        Story({"x": {"a": BIG}}, {"x": {"a": BIG}}, gone=frozenset("x")), {"x": (0, BIG)}, (0, 3.0)
    ),
    "an expired store takes up nothing, its successor does": Case(
        Story({"x": {"a": BIG}}, {"x": {"a": BIG}}, expired=frozenset("x")), {"x": (0, BIG)}, (0, 3.0)
    ),
    "a replaced store is deleted with the same apply": Case(
        Story({"x": {"a": BIG}}, {"x": {"a": BIG}}, descriptions=("old", "new")), {"x": (BIG, BIG)}, (3.0, 3.0)
    ),
    "a replaced store that is kept for a while costs beside its successor": Case(
        Story({"x": {"a": BIG}}, {"x": {"a": BIG}}, descriptions=("old", "new"), lifecycle=KEPT),
        {"x": (BIG, BIG), "x, retired": (0, BIG)},
        (3.0, 9.0),
    ),
    "a retired store costs until its time is up": Case(
        Story({"x": {"a": GB}}, {"x": {"a": GB}}, retired=(OLD,), retired_usage={"vs_old": GB}),
        {"x": (GB, GB), "x, retired": (GB, GB)},
        (3.0, 3.0),
    ),
    "a retired store whose time is up takes up nothing": Case(
        Story({"x": {"a": GB}}, {"x": {"a": GB}}, retired=(DUE,), retired_usage={"vs_old": GB}),
        {"x": (GB, GB), "x, retired": (GB, 0)},
        (3.0, 0),
    ),
    "without a look, sizes stand for what is taken up": Case(
        Story({"x": {"a": BIG}}, {"x": {"a": BIG, "b": GB}}, usage={"x": {"a": HALF}}, refreshed=False),
        {"x": (BIG, BIG + GB)},
        (3.0, 6.0),
    ),
    "without a look, a file is detached with its size": Case(
        Story({"x": {"a": BIG, "b": GB}}, {"x": {"b": GB}}, refreshed=False), {"x": (BIG + GB, GB)}, (6.0, 0)
    ),
    "what others put in counts, and stays": Case(
        Story({"x": {"a": GB}}, {"x": {"a": GB, "b": GB}}, strangers={"x": {"file-theirs": HALF}}),
        {"x": (GB + HALF, BIG + HALF)},
        (1.5, 4.5),
    ),
    "what others put in goes where a store is exclusive": Case(
        Story(
            {"x": {"a": GB}},
            {"x": {"a": GB}},
            strangers={"x": {"file-theirs": HALF}},
            lifecycle=Lifecycle(exclusive=True),
        ),
        {"x": (GB + HALF, GB)},
        (1.5, 0),
    ),
    "a server that says nothing of files is scaled by its stores": Case(
        Story({"x": {"a": BIG}}, {"x": {"a": BIG, "b": GB}}, usage={"x": {"a": GB}}, silent="files"),
        {"x": (GB, GB + HALF)},
        (0, 1.5),
    ),
    "a server that says nothing of usage is estimated": Case(
        Story({"x": {"a": BIG}}, {"x": {"b": GB}}, silent="all"), {"x": (BIG, GB)}, (3.0, 0)
    ),
    "prices and the free part can be one's own": Case(
        Story(after={"x": {"a": BIG}}, own={"storage": 1.0, "free_storage": 0}), {"x": (0, BIG)}, (0, 60.0)
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    case = CASES[name]
    estimate = case.story.estimate()
    assert estimate is not None
    assert lines(estimate) == case.stores
    assert (estimate.storage.usd_before, estimate.storage.usd_after) == case.usd
    assert not any(each.unsized for each in estimate.stores)


def test_nothing_costs_nothing() -> None:
    assert Story().estimate() is None


def test_what_is_measured_is_told_from_what_is_guessed() -> None:
    files: Stores = {"x": {"a": GB}}
    for story, measured in (
        (Story(files, files), True),
        (Story(files, files, refreshed=False), False),
        (Story(files, files, silent="all"), False),
        (Story(after=files), False),
    ):
        estimate = story.estimate()
        assert estimate is not None
        assert [each.measured for each in estimate.stores] == [measured]


def test_a_file_of_unknown_size_is_told_and_not_guessed() -> None:
    estimate = Story({"x": {"a": GB}}, {"x": {"a": GB}}, raw={"x": "file-theirs"}).estimate()
    assert lines(estimate) == {"x": (GB, GB)}
    assert estimate is not None
    assert [each.unsized for each in estimate.stores] == [1]


def test_a_retired_store_that_no_list_showed_is_told_and_not_guessed() -> None:
    estimate = Story({"x": {"a": GB}}, {"x": {"a": GB}}, retired=(OLD,)).estimate()
    assert lines(estimate) == {"x": (GB, GB), "x, retired": (0, 0)}
    assert estimate is not None
    assert [(each.measured, each.unsized) for each in estimate.stores] == [(True, 0), (False, 1)]


def test_a_retired_file_is_no_store() -> None:
    assert Story(retired=(Retired(file("a"), "file", "file-a", NOW, 10),)).estimate() is None


shelves = st.dictionaries(
    st.sampled_from("xyz"), st.dictionaries(st.sampled_from("abcd"), st.sampled_from([1, 7, GB, BIG]), max_size=3)
).filter(lambda stores: all(len({s[f] for s in stores.values() if f in s}) < 2 for f in "abcd"))


@pytest.mark.thorough
@given(before=shelves, after=shelves, refreshed=st.booleans())
def test_after_one_plan_is_before_the_next(before: Stores, after: Stores, refreshed: bool) -> None:
    first, then = Story(before, after, refreshed=refreshed).estimate(), Story(after, after).estimate()
    if first is None or then is None:
        assert not after
        assert first is None or first.storage.bytes_after == 0
        return
    assert first.storage.bytes_after == then.storage.bytes_before == then.storage.bytes_after
    assert first.storage.usd_after == then.storage.usd_before
    assert first.storage.bytes_after == sum(each.bytes_after for each in first.stores)
    assert not then.changes
