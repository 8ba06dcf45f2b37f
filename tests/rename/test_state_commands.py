"""`provision state mv` and `state rm`: only the state changes, and the next apply brings the marks up to date."""

from __future__ import annotations

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import Blocked, UsageError
from provisioner.engine.record_edits import move_record, read_editable, remove_records, write_edit
from provisioner.planning.plan import Action
from provisioner.state.backends.local import LocalBackend
from tests.chaos.world import World
from tests.guards.steps import assert_refused, state_of
from tests.plan.account import Fault
from tests.rename.bench import Bench
from tests.rename.samples import SAMPLES, Sample


def move(bench: Bench, source: Address, target: Address) -> None:
    backend = LocalBackend(bench.root / "state", "default")
    with backend.lock("state mv"):
        edit = move_record(read_editable(backend, "test", "default"), source, target)
        write_edit(backend, edit, "state mv")


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_a_moved_record_keeps_its_object_and_the_next_apply_writes_the_mark(bench: Bench, sample: Sample) -> None:
    bench.write(sample.before())
    bench.settle()
    before = bench.records()[f"{sample.kind}.old"]
    live, writes = set(bench.account.objects), bench.account.writes
    move(bench, Address(sample.kind, "old"), Address(sample.kind, "new"))
    assert bench.account.writes == writes
    bench.write(sample.after())
    for change in bench.plan().changes:
        assert change.action is Action.UPDATE
    bench.settle()
    after = bench.records()[f"{sample.kind}.new"]
    assert (after.release or after.id) == (before.release or before.id)
    assert set(bench.account.objects) == live
    if before.release is None:
        assert bench.mark_of(after.id) in (None, f"{sample.kind}.new")


def test_a_moved_record_whose_resource_leaves_is_deleted(bench: Bench) -> None:
    bench.write("vector_stores: {old: {}}\n")
    bench.settle()
    move(bench, Address("vector_store", "old"), Address("vector_store", "new"))
    bench.write("")
    bench.settle()
    assert bench.account.objects == {}


def test_what_cannot_be_moved_or_removed_is_refused(bench: Bench) -> None:
    bench.write("vector_stores: {old: {}, taken: {}}\n")
    bench.settle()
    old, taken = Address("vector_store", "old"), Address("vector_store", "taken")
    state = bench.state()
    for source, target, said in (
        (old, taken, "is recorded as"),
        (old, Address("file", "old"), "their kinds differ"),
        (Address("vector_store", "odl"), old, "records nothing called"),
        (Address("vector_store", "old"), old, "is recorded as"),
    ):
        with pytest.raises(UsageError, match=said):
            move_record(state, source, target)
    with pytest.raises(UsageError) as refused:
        remove_records(state, [old, Address("vector_store", "takn")])
    assert refused.value.hint == "did you mean vector_store.taken?"


def test_a_state_with_an_open_journal_is_not_edited(bench: Bench) -> None:
    bench.write("vector_stores: {old: {}}\n")
    bench.settle()
    bench.write("vector_stores: {old: {name: edited}}\n")
    bench.apply(Fault(0, "killed after"))
    with pytest.raises(Blocked, match="interrupted run"):
        read_editable(LocalBackend(bench.root / "state", "default"), "test", "default")


def test_the_template_of_an_assistant_goes_with_it_and_users_are_named(bench: Bench) -> None:
    bench.write(SAMPLES["agent"].before())
    bench.settle()
    edit = remove_records(bench.state(), [Address("assistant", "old")])
    assert edit.after.records == {}
    bench.write(SAMPLES["vector_store"].before())
    bench.settle()
    edit = remove_records(bench.state(), [Address("vector_store", "old")])
    assert "vector_store.old is still used by assistant.reader" in str(edit.plan.diagnostics[0])


def test_the_commands_ask_and_are_recorded(world: World) -> None:
    world.write("notes.yaml", "vector_stores: {old: {}}\n")
    assert world.run("apply", "--yes", "--grace", "0").code == 0
    edit = ("state", "mv", "vector_store.old", "vector_store.new")
    assert_refused(world, world.run(*edit), 3, "moved from vector_store.old", "say --yes")
    moved = world.run(*edit, "--yes")
    assert moved.code == 0, moved.said
    assert list(state_of(world)["records"]) == ["vector_store.new"]
    assert "state mv" in world.run("state", "history").out
    assert_refused(world, world.run("state", "rm", "vector_store.old", "--yes"), 1, "did you mean vector_store.new?")
    assert world.run("state", "rm", "vector_store.new", "--yes").code == 0
    assert state_of(world)["records"] == {}
