"""Marks that somebody has removed: they are displayed as restored, and nobody has to confirm that they are written."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.resource import Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual, make_plan
from provisioner.planning.plan import Action, Plan
from provisioner.review.render.plan_markdown import plan_markdown
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style
from provisioner.state.records import Record, State

STORE = Address("vector_store", "s")
MARKS = {"provision_owner": "p/e/vector_store.s", "provision_lineage": "lineage/op_1"}


def plan_of(live: dict[str, str], wanted: dict[str, str] | None = None) -> Plan:
    """The plan of a store that was written with our marks and `wanted`, and whose metadata is `live` now."""
    inputs = {"name": "s", "files": {}, **({"metadata": wanted} if wanted else {})}
    fields = {"name": "s", "metadata": {**MARKS, **(wanted or {})}, "files": {}}
    record = Record(STORE, "vector_store", "vs_1", inputs, fields)
    state = replace(State.new(account="a", project="p", environment="e"), records={STORE: record})
    actual = Actual({STORE: Live("vs_1", {**fields, "metadata": live})})
    return make_plan([Resource(STORE, "vector_store", inputs)], state, actual)


@pytest.mark.parametrize("lost", [("provision_owner",), ("provision_lineage",), tuple(MARKS)])
def test_removed_marks_are_displayed_as_restored(lost: tuple[str, ...]) -> None:
    plan = plan_of({key: value for key, value in MARKS.items() if key not in lost})
    assert [(change.action, change.fields) for change in plan.changes] == [(Action.UPDATE, ("metadata",))]
    assert [drift.overwritten for drift in plan.drift] == [False] * len(lost)
    text = plan_text(plan, Style())
    for key in lost:
        assert f"vector_store.s: metadata.{key} was " in text
    assert text.count("(this plan puts it back)") == len(lost)
    assert "would undo" not in text
    assert plan_markdown(plan).count("this plan puts it back") == len(lost)


def test_a_mark_that_was_changed_and_a_key_of_the_manifest_are_no_removed_marks() -> None:
    changed = plan_of({**MARKS, "provision_owner": "q/e/vector_store.s"})
    removed = plan_of(MARKS, {"team": "a"})
    for plan in (changed, removed):
        assert [drift.overwritten for drift in plan.drift] == [True]
        assert "(this plan would undo it)" in plan_text(plan, Style())


def test_what_others_added_beside_the_marks_is_no_drift() -> None:
    plan = plan_of({**MARKS, "theirs": "x"})
    assert (plan.drift, plan.changes) == ((), ())
