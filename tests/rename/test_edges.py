"""Renames that meet something else: other renames, replacements, targets, protection, objects that are gone."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import Blocked
from provisioner.core.refreshmode import RefreshMode
from provisioner.engine.review import check_reviewed, check_tree, review
from provisioner.planning.diff import Scope
from provisioner.planning.plan import Action, Plan
from provisioner.planning.planfile import Reviewed
from tests.plan.account import Fault
from tests.rename.bench import Bench
from tests.rename.samples import SAMPLES, Sample

#: More writes than any of these runs makes.
MOST_WRITES = 40
OLD, NEW = Address("vector_store", "old"), Address("vector_store", "new")
MOVED = "moved: [{from: vector_store.old, to: vector_store.new}]\n"


def actions(plan: Plan) -> dict[str, str]:
    return {str(change.address): str(change.action) for change in plan.changes}


def begin(bench: Bench, manifest: str) -> dict[str, Any]:
    bench.write(manifest)
    bench.settle()
    return bench.records()


def test_a_chain_leads_to_the_last_name(bench: Bench) -> None:
    before = begin(bench, "vector_stores: {a: {metadata: {topic: x}}}\n")
    chain = "moved: [{from: vector_store.a, to: vector_store.b}, {from: vector_store.b, to: vector_store.c}]\n"
    bench.write(chain + "vector_stores: {c: {metadata: {topic: y}}}\n")
    bench.settle()
    assert bench.records()["vector_store.c"].id == before["vector_store.a"].id


def test_what_uses_a_renamed_store_does_not_change(bench: Bench) -> None:
    reader = "assistants: {{reader: {{instructions: x, tools: [{{type: file_search, vector_stores: [{0}]}}]}}}}\n"
    before = begin(bench, "vector_stores: {old: {}}\n" + reader.format("old"))
    bench.write(MOVED + "vector_stores: {new: {}}\n" + reader.format("new"))
    assert actions(bench.plan()) == {"vector_store.new": "update"}
    bench.settle()
    after = bench.records()
    assert after["assistant.reader"].release == before["assistant.reader"].release
    assert after["assistant.reader"].needs == ("vector_store.new",)


def test_a_renamed_store_and_its_renamed_user_are_found_together(bench: Bench) -> None:
    text = "vector_stores: {{{0}: {{}}}}\nassistants: {{{0}: {{instructions: x, target: assistants, tools: [{{type: "
    text += "file_search, vector_stores: [{0}]}}]}}}}\n"
    begin(bench, text.format("old"))
    live = set(bench.account.objects)
    bench.write(text.format("new"))
    assert actions(bench.plan()) == {"vector_store.new": "update", "assistant.new": "update"}
    bench.settle()
    assert set(bench.account.objects) == live


def test_equal_candidates_are_not_guessed(bench: Bench) -> None:
    begin(bench, "vector_stores: {a: {}, b: {}}\n")
    bench.write("vector_stores: {c: {}, d: {}}\n")
    (blocker,) = bench.plan().blockers()
    assert "vector_store.a or vector_store.b may have been renamed to vector_store.c or vector_store.d" in str(blocker)
    bench.write("moved: [{from: vector_store.a, to: vector_store.d}]\nvector_stores: {c: {}, d: {}}\n")
    assert actions(bench.plan()) == {"vector_store.d": "update", "vector_store.c": "update"}
    removed = "removed: [{from: vector_store.b, destroy: true}, {from: vector_store.a, destroy: true}]\n"
    bench.write(removed + "vector_stores: {c: {}, d: {}}\n")
    assert sorted(actions(bench.plan()).values()) == ["create", "create", "delete", "delete"]


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ("vector_stores: {new: {}}\n", "vector_store.new, which is declared at"),
        ("", "which no manifest declares"),
    ],
    ids=["declared and recorded", "not declared"],
)
def test_a_move_that_contradicts_the_state_is_an_error(bench: Bench, manifest: str, said: str) -> None:
    begin(bench, "vector_stores: {old: {}, new: {metadata: {topic: x}}}\n")
    bench.write(MOVED + manifest)
    (error,) = bench.plan().errors()
    assert said in error.message
    assert error.place is not None


def test_two_recorded_records_of_one_chain_are_an_error(bench: Bench) -> None:
    begin(bench, "vector_stores: {a: {}, b: {metadata: {topic: x}}}\n")
    chain = "moved: [{from: vector_store.a, to: vector_store.b}, {from: vector_store.b, to: vector_store.c}]\n"
    bench.write(chain + "vector_stores: {c: {}}\n")
    (error,) = bench.plan().errors()
    assert "are both recorded and both move to vector_store.c" in error.message


def test_a_moved_object_that_vanished_is_made_under_the_new_name(bench: Bench) -> None:
    before = begin(bench, "vector_stores: {old: {}, other: {}}\n")
    id = before["vector_store.old"].id
    del bench.account.objects[id], bench.account.members[id]
    bench.write(MOVED + "vector_stores: {new: {}, other: {}}\n")
    assert actions(bench.plan()) == {"vector_store.new": "create"}
    bench.settle()
    assert set(bench.records()) == {"vector_store.new", "vector_store.other"}


@pytest.mark.parametrize("retire_after", [0, 3600])
def test_a_rename_with_a_new_target_replaces_and_deletes_the_old_object(bench: Bench, retire_after: int) -> None:
    begin(bench, "assistants: {old: {instructions: x, target: agents, environment: {packages: {python: [numpy]}}}}\n")
    moved = "moved: [{from: assistant.old, to: assistant.new}]\n"
    lifecycle = f", lifecycle: {{retire_after: {retire_after}}}"
    bench.write(moved + f"assistants: {{new: {{instructions: x, target: responses{lifecycle}}}}}\n")
    plan = bench.plan()
    assert [change.moved_from for change in plan.changes if change.action is Action.REPLACE] == [
        Address("assistant", "old")
    ]
    outcome = bench.apply()
    assert outcome is not None
    assert outcome.failed == {}
    retired = [entry.type for entry in bench.state().retired]
    assert retired == (["agent", "environment_template"] if retire_after else [])
    assert len(bench.account.objects) == len(retired)


def test_a_rename_with_a_replacement_deletes_the_old_store(bench: Bench) -> None:
    before = begin(bench, "vector_stores: {old: {files: [a.txt]}}\n")
    bench.write(MOVED + "vector_stores: {new: {files: [a.txt], description: made anew}}\n")
    plan = bench.plan()
    bench.settle()
    after = bench.records()["vector_store.new"]
    is_replaced = actions(plan)["vector_store.new"] == "replace"
    assert (after.id != before["vector_store.old"].id) is is_replaced
    assert len(bench.account.of("vector_store")) == 1


def test_a_protected_resource_may_be_renamed_and_forgotten_but_not_deleted(bench: Bench) -> None:
    begin(bench, "vector_stores: {old: {lifecycle: {protect: true}}}\n")
    bench.write(MOVED + "vector_stores: {new: {lifecycle: {protect: true}}}\n")
    bench.settle()
    assert bench.records()["vector_store.new"].protect
    bench.write("removed: [{from: vector_store.new, destroy: true}]\n")
    assert bench.plan().blockers()
    bench.write("removed: [{from: vector_store.new, destroy: false}]\n")
    bench.settle()
    assert bench.records() == {}


def test_only_the_old_name_means_the_renamed_resource(bench: Bench) -> None:
    begin(bench, "vector_stores: {old: {}, other: {}}\n")
    bench.write(MOVED + "vector_stores: {new: {}, other: {name: edited}}\n")
    for address in (OLD, NEW):
        assert actions(bench.plan(Scope(only=[address]))) == {"vector_store.new": "update"}
    assert actions(bench.plan(Scope(only=[Address("vector_store", "other")]))) == {"vector_store.other": "update"}


def test_without_a_refresh_the_mark_is_written_too(bench: Bench) -> None:
    before = begin(bench, "vector_stores: {old: {}}\n")
    bench.write(MOVED + "vector_stores: {new: {}}\n")
    bench.settle(refresh=RefreshMode.NONE)
    assert bench.mark_of(before["vector_store.old"].id) == "vector_store.new"


def test_what_a_forgotten_object_uses_stays_too(bench: Bench) -> None:
    begin(bench, "vector_stores: {old: {files: [a.txt]}}\n")
    bench.write("removed: [{from: vector_store.old, destroy: false}]\n")
    plan = bench.plan()
    assert set(actions(plan).values()) == {"forget"}
    assert "because vector_store.old stays there and uses it" in str(plan.changes[1].reasons[0])
    live = set(bench.account.objects)
    bench.settle()
    assert set(bench.account.objects) == live


def test_a_definition_never_reuses_a_number_of_its_new_name(bench: Bench) -> None:
    begin(bench, "assistants: {new: {instructions: one}}\n")
    begin(bench, "assistants: {new: {instructions: two}, old: {instructions: x}}\n")
    begin(bench, "assistants: {old: {instructions: x}}\n")
    begin(bench, "moved: [{from: assistant.old, to: assistant.new}]\nassistants: {new: {instructions: x}}\n")
    assert bench.records()["assistant.new"].id == "new@3"


def test_entries_that_were_applied_cost_nothing(bench: Bench) -> None:
    begin(bench, "vector_stores: {old: {}}\n")
    entries = MOVED + "removed: [{from: vector_store.never, destroy: false}, {from: assistant.x, destroy: true}]\n"
    begin(bench, entries + "vector_stores: {new: {}}\n")
    assert bench.plan().diagnostics == ()


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
@pytest.mark.parametrize("edited", [False, True], ids=["only renamed", "edited too"])
def test_a_reviewed_rename_that_was_interrupted_may_be_finished(tmp_path: Path, sample: Sample, edited: bool) -> None:
    for step in range(MOST_WRITES):
        bench = Bench(tmp_path / str(step))
        begin(bench, sample.before())
        bench.write(sample.moved() + sample.after(edited=edited))
        planned = bench.planned()
        reviewed = review(planned, bench.engine().identity, only=(), now=time.time())
        bench.apply(Fault(step, "killed after"))
        struck = bench.account.writes > step
        left = bench.planned(under_lock=True)
        check_reviewed(reviewed, left)
        check_tree(reviewed, left, ())
        bench.settle()
        if not struck:
            return
    raise AssertionError("more writes than expected")


def test_a_rename_that_was_not_reviewed_is_refused(bench: Bench) -> None:
    begin(bench, "vector_stores: {old: {}}\n")
    bench.write("vector_stores: {old: {}, more: {name: x}}\n")
    reviewed = review(bench.planned(), bench.engine().identity, only=(), now=time.time())
    bench.write(MOVED + "vector_stores: {new: {}, more: {name: x}}\n")
    with pytest.raises(Blocked, match=r"not reviewed: vector_store\.new"):
        check_reviewed(reviewed, bench.planned())


#: By address: the manifest before a change, the manifest after it, and another resource.
EDITED = {
    "vector_store.new": (
        "vector_stores: {new: {}}\n",
        "vector_stores: {new: {name: edited}}\n",
        "assistants: {other: {instructions: x}}\n",
    ),
    "assistant.new": (
        "assistants: {new: {instructions: x}}\n",
        "assistants: {new: {instructions: y}}\n",
        "vector_stores: {other: {}}\n",
    ),
}


def _forge_rename(bench: Bench, address: str) -> Reviewed:
    """Returns a plan of a change at `address` that also displays a rename, and that seems older than the state."""
    reviewed = review(bench.planned(), bench.engine().identity, only=(), now=1.0)
    (change,) = reviewed.plan.changes
    forged = replace(change, moved_from=Address(change.address.kind, "ghost"))
    assert str(change.address) == address
    return replace(reviewed, plan=replace(reviewed.plan, changes=(forged,)))


@pytest.mark.parametrize("address", EDITED)
def test_a_forged_rename_from_an_address_that_never_existed_is_refused(bench: Bench, address: str) -> None:
    before, after, other = EDITED[address]
    begin(bench, before)
    begin(bench, before + other)
    bench.write(after + other)
    forged = _forge_rename(bench, address)
    with pytest.raises(Blocked, match=f"not reviewed: {address}"):
        check_reviewed(forged, bench.planned())
    bench.settle()
    with pytest.raises(Blocked, match=f"displays a change that would not be made: {address}"):
        check_tree(forged, bench.planned(), ())


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_a_reviewed_rename_may_be_finished_where_the_state_has_no_history(tmp_path: Path, sample: Sample) -> None:
    for step in range(MOST_WRITES):
        bench = Bench(tmp_path / str(step))
        begin(bench, sample.before())
        bench.write(sample.moved() + sample.after(edited=True))
        reviewed = review(bench.planned(), bench.engine().identity, only=(), now=1.0)
        bench.apply(Fault(step, "refused"))
        struck = bench.account.writes > step
        for path in bench.root.rglob("*.history"):
            shutil.rmtree(path)
        check_reviewed(reviewed, bench.planned())
        check_tree(reviewed, bench.planned(), ())
        if not struck:
            return
    raise AssertionError("more writes than expected")
