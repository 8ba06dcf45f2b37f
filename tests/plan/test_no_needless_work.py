"""What is the same under another spelling is no change, and what is ours is put back without being somebody's drift."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual, make_plan
from provisioner.planning.diff.members import AUTO, compare_members
from provisioner.planning.plan import Plan
from provisioner.review.render.html.heading import Heading
from provisioner.review.render.html.page import plan_html
from provisioner.review.render.json_text import plan_json
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
from provisioner.review.view.difference import Difference
from provisioner.review.view.member_differences import compare_members as compare_shown
from provisioner.state.records import Record, State

STORE = Address("vector_store", "s")
KEY, ID = 'file["a.md"]', "file-1"
OTHER: dict[str, Any] = {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50}}


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
    assert (plan.drift, plan.changes) == ((), ())
    assert [dict(record.inputs)["files"][KEY]["attributes"]["rank"] for record in plan.settled] == [2]
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


def moved_store(count: int, chunking: Any, *, described: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
    """A store before and after its folder is renamed; without `described`, paths are no attributes."""
    sides: list[dict[str, Any]] = []
    for folder in ("docs", "book"):
        files: dict[str, Any] = {}
        for number in range(count):
            path = f"{folder}/{number:02}.md"
            attributes = {"sha256": "x", **({"path": path} if described else {})}
            files[f'file["{path}"]'] = {"file_id": f"file-{number}", "attributes": attributes}
            if chunking is not None:
                files[f'file["{path}"]']["chunking_strategy"] = chunking
        sides.append({"name": "s", "files": files})
    return sides[0], sides[1]


def plan_of_move(count: int, chunking: Any, *, described: bool = True) -> Plan:
    before, after = moved_store(count, chunking, described=described)
    echo = {
        each["file_id"]: {"attributes": each["attributes"], "chunking_strategy": chunking or AUTO}
        for each in before["files"].values()
    }
    fields = {"name": "s", "metadata": {}, "files": echo}
    record = Record(STORE, "vector_store", "vs_1", before, fields)
    state = replace(State.new(account="a", project="p", environment="e"), records={STORE: record})
    return make_plan([Resource(STORE, "vector_store", after)], state, Actual({STORE: Live("vs_1", fields)}))


RENDERERS: dict[str, Callable[[Plan], str]] = {
    "text": lambda plan: plan_text(plan, Style()),
    "Markdown": lambda plan: plan_markdown(plan),
    "HTML": lambda plan: unescape(re.sub(r"<[^>]*>", "", plan_html(plan, Heading("p", "e", "a", 0)))),
    "JSON": lambda plan: json.dumps(plan_json(plan)["changes"][0]["differences"]),
}


@pytest.mark.parametrize("renderer", RENDERERS)
@pytest.mark.parametrize("chunking", [OTHER, None])
def test_a_folder_that_is_renamed_shows_only_the_paths(renderer: str, chunking: Any) -> None:
    shown = RENDERERS[renderer](plan_of_move(2, chunking))
    assert "files[book/00.md].attributes.path" in shown
    assert "docs/00.md" in shown
    assert "files[docs/" not in shown
    for word in ("chunking_strategy", "attached", "the new content", "max_chunk_size_tokens"):
        assert word not in shown


def test_a_move_with_another_chunking_shows_that_too() -> None:
    before, after = (side["files"] for side in moved_store(1, OTHER))
    (new,) = after.values()
    new["chunking_strategy"] = {"type": "static", "static": {**OTHER["static"], "max_chunk_size_tokens": 300}}
    new["attributes"]["rank"] = 1
    assert [(each.path, each.kind) for each in compare_shown("files", before, after)] == [
        ("files[book/00.md].attributes.path", "changed"),
        ("files[book/00.md].attributes.rank", "added"),
        ("files[book/00.md].chunking_strategy.static.max_chunk_size_tokens", "changed"),
    ]


def test_a_move_without_path_attributes_shows_where_the_file_was() -> None:
    before, after = (side["files"] for side in moved_store(1, OTHER, described=False))
    assert list(compare_shown("files", before, after)) == [Difference("files[book/00.md]", "docs/00.md", "book/00.md")]


def test_another_file_at_another_path_is_no_move() -> None:
    before, after = (side["files"] for side in moved_store(1, None))
    after['file["book/00.md"]']["file_id"] = "file-9"
    found = [(each.path, each.kind) for each in compare_shown("files", before, after)]
    assert found == [("files[book/00.md]", "added"), ("files[docs/00.md]", "removed")]


def test_many_members_that_move_are_counted_as_moved() -> None:
    text = plan_text(plan_of_move(12, OTHER), Style())
    assert "files: 12 moved (-v lists each)" in text
    assert "detached" not in text


def test_a_description_that_is_edited_says_what_it_costs() -> None:
    (change,) = plan_of(store(member(), description="a"), store(member(), description="b")).changes
    assert str(change.reasons[-1]) == (
        "description cannot be changed in place: the store is made anew, and its file is indexed again"
    )
