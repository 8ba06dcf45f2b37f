"""The attributes that provision adds to the members of an adopted store: which members get them in one apply."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.openai_api.collections import FIELDS
from provisioner.planning.diff.completion import (
    MOST_COMPLETED,
    MOST_COMPLETED_OF_MANY,
    count_incomplete,
    leave_incomplete,
)
from provisioner.state.records import Record

STORES = FIELDS["vector_store"]


def desired(count: int, *, new: int = 0) -> dict[str, Any]:
    """A store with `count` members that lack the attributes, and `new` files that are not attached yet."""
    numbers = range(count + new)
    members = {f"{n:04}.md": {"file_id": f"file-{n}", "attributes": {"path": f"{n}", "sha256": "a"}} for n in numbers}
    return {"files": members}


def record(count: int, echo: dict[str, Any] | None = None) -> Record:
    files = {f"{n:04}.md": {"file_id": f"file-{n}", "attributes": {}} for n in range(count)}
    address = Address("vector_store", "handbook")
    return Record(address, "vector_store", "vs_1", {"files": files}, echo=echo or {}, adopted=True)


def completed(inputs: dict[str, Any], before: Record) -> list[str]:
    members = leave_incomplete(inputs, STORES, before)["files"]
    return [key for key in before.inputs["files"] if members[key]["attributes"]]


def test_few_members_are_completed_at_once() -> None:
    assert len(completed(desired(MOST_COMPLETED), record(MOST_COMPLETED))) == MOST_COMPLETED
    assert count_incomplete(desired(MOST_COMPLETED), STORES, record(MOST_COMPLETED)) == {}


def test_many_members_alone_are_no_reason_for_a_change() -> None:
    assert completed(desired(900), record(900)) == []
    assert count_incomplete(desired(900), STORES, record(900)) == {"files": 900}


@pytest.mark.parametrize(
    ("count", "most"),
    [(900, MOST_COMPLETED_OF_MANY), (MOST_COMPLETED + 1, 0), (MOST_COMPLETED + 4, 3)],
)
def test_an_apply_that_changes_other_files_completes_the_first_of_many(count: int, most: int) -> None:
    inputs, before = desired(count, new=1), record(count)
    assert completed(inputs, before) == sorted(before.inputs["files"])[:most]
    assert count_incomplete(inputs, STORES, before) == {"files": count - most}


@pytest.mark.parametrize("count", [900, MOST_COMPLETED + 1, MOST_COMPLETED + 4])
def test_the_next_plan_completes_nothing(count: int) -> None:
    inputs = desired(count, new=1)
    applied = leave_incomplete(inputs, STORES, record(count))
    before = Record(record(count).address, "vector_store", "vs_1", applied, adopted=True)
    assert leave_incomplete(inputs, STORES, before) == applied


def test_another_spelling_of_the_default_chunking_is_no_change() -> None:
    inputs, before = desired(900), record(900)
    inputs["files"]["z.md"] = {"file_id": "file-z", "attributes": {}, "chunking_strategy": {"type": "auto"}}
    before.inputs["files"]["z.md"] = {"file_id": "file-z", "attributes": {}}
    assert [key for key in completed(inputs, before) if key != "z.md"] == []
