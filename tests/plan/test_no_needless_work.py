"""What is the same under another spelling is no change, and what is ours is put back without being somebody's drift."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual, make_plan
from provisioner.planning.diff.members import AUTO, compare_members
from provisioner.planning.plan import Plan
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
from provisioner.state.records import Record, State

STORE = Address("vector_store", "s")
KEY, ID = 'file["a.md"]', "file-1"
OTHER = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}


def member(chunking: Any = None, **attributes: Any) -> dict[str, Any]:
    said = {"file_id": ID, "attributes": {"path": "a.md", "sha256": "x", **attributes}}
    return said if chunking is None else {**said, "chunking_strategy": chunking}


def plan_of(
    recorded: dict[str, Any], desired: dict[str, Any], live: dict[str, Any] | None = None, read: Any = AUTO
) -> Plan:
    """The plan of a store that was written as recorded, is live so (or with this member), and is desired otherwise."""
    echo = {"attributes": recorded["files"][KEY]["attributes"], "chunking_strategy": read}
    fields = {"name": "s", "metadata": recorded.get("metadata") or {}, "files": {ID: echo}}
    record = Record(STORE, "vector_store", "vs_1", recorded, fields)
    state = replace(State.new(account="a", project="p", environment="e"), records={STORE: record})
    there = {**fields, "files": {ID: {**echo, **(live or {})}}}
    return make_plan([Resource(STORE, "vector_store", desired)], state, Actual({STORE: Live("vs_1", there)}))


def store(said: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"name": "s", "files": {KEY: said}, **more}


@pytest.mark.parametrize("before", [None, {"type": "auto"}, AUTO])
@pytest.mark.parametrize("after", [None, {"type": "auto"}, AUTO])
def test_the_default_chunking_in_another_spelling_is_no_change(before: Any, after: Any) -> None:
    assert plan_of(store(member(before)), store(member(after))).changes == ()


def test_static_chunking_is_a_change_where_the_server_s_default_is_another() -> None:
    (change,) = plan_of(store(member()), store(member(AUTO)), read=OTHER).changes
    assert tuple(map(str, change.reasons)) == ("files: 1 to chunk anew (missing from searches for a moment)",)
    assert plan_of(store(member()), store(member(OTHER))).changes


@pytest.mark.parametrize(("before", "after"), [({}, {"metadata": {}}), ({"metadata": {}}, {})])
def test_no_metadata_is_no_metadata(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert plan_of(store(member(), **before), store(member(), **after)).changes == ()


def test_an_attribute_that_is_taken_over_blocks_nothing() -> None:
    theirs = {"attributes": member(rank=2)["attributes"]}
    plan = plan_of(store(member(rank=1)), store(member(rank=2)), theirs)
    assert [drift.overwritten for drift in plan.drift] == [False]
    plan = plan_of(store(member(rank=1)), store(member(rank=1)), theirs)
    assert [drift.overwritten for drift in plan.drift] == [True]
    assert "attributes.rank: 1 → 2" in plan_text(plan, Style())


@pytest.mark.parametrize("lost", ["path", "sha256"])
def test_our_own_attributes_are_put_back(lost: str) -> None:
    left = {key: value for key, value in member()["attributes"].items() if key != lost}
    plan = plan_of(store(member()), store(member()), {"attributes": left})
    assert [drift.overwritten for drift in plan.drift] == [False]
    assert [change.fields for change in plan.changes] == [("files",)]
    text = plan_text(plan, Style())
    assert "was changed (this plan puts it back)" in text
    assert "outside of provision\n" not in text.partition("~ ")[2]


def test_their_attribute_beside_ours_is_still_theirs() -> None:
    plan = plan_of(store(member()), store(member()), {"attributes": {"path": "a.md", "note": "theirs"}})
    assert [drift.overwritten for drift in plan.drift] == [True]


def test_a_member_that_moves_with_its_chunking_is_described_only() -> None:
    moved = {**member(OTHER), "attributes": {"path": "b/a.md", "sha256": "x"}}
    echo = {ID: {"attributes": member()["attributes"], "chunking_strategy": OTHER}}
    found = compare_members({'file["b/a.md"]': moved}, {KEY: member(OTHER)}, echo, echo, exclusive=False)
    assert (found.describe, found.attach, found.reattach, found.detach) == (('file["b/a.md"]',), (), (), ())


def test_a_description_that_is_edited_says_what_it_costs() -> None:
    (change,) = plan_of(store(member(), description="a"), store(member(), description="b")).changes
    assert str(change.reasons[-1]) == (
        "description cannot be changed in place: the store is made anew, and its file is indexed again"
    )
