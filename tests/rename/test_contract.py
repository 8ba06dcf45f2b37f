"""The contract of every type: a renamed resource keeps its object, whatever else changes and wherever a run stops."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from provisioner.planning.plan import Action
from provisioner.state.records import Record
from tests.plan.account import Fault, Mode
from tests.rename.bench import Bench
from tests.rename.samples import SAMPLES, Sample

EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
BY = pytest.mark.parametrize("named", [True, False], ids=["by moved", "by itself"])
#: More writes than any of these runs makes.
MOST_WRITES = 40


def identity(record: Record) -> Any:
    """What must stay: the id, or for a definition, whose id contains its name, its release."""
    return record.release or record.id


def begin(bench: Bench, sample: Sample) -> dict[str, Record]:
    bench.write(sample.before())
    bench.settle()
    return bench.records()


def check_renamed(bench: Bench, sample: Sample, before: dict[str, Record], live: set[str]) -> None:
    """The objects are those from before, under the new name, and no mark has the old address."""
    after = bench.records()
    old, new = f"{sample.kind}.old", f"{sample.kind}.new"
    assert not [address for address in after if address.endswith(".old")]
    assert identity(after[new]) == identity(before[old])
    assert set(bench.account.objects) == live
    for address, record in after.items():
        assert record.marked is None
        assert old not in record.needs
        if record.release is None:
            assert bench.mark_of(record.id) in (None, address)
    if sample.derived:
        assert bench.account.objects[after[new].id][1].fields[sample.derived] == "new"


@pytest.mark.first_case_is_quick
@EVERY
@BY
def test_a_renamed_resource_keeps_its_object(bench: Bench, sample: Sample, named: bool) -> None:
    before = begin(bench, sample)
    live = set(bench.account.objects)
    bench.write((sample.moved() if named else "") + sample.after())
    plan = bench.plan()
    assert {change.action for change in plan.changes} == {Action.UPDATE}
    moved = {str(change.address): str(change.moved_from) for change in plan.changes if change.moved_from}
    assert moved[f"{sample.kind}.new"] == f"{sample.kind}.old"
    bench.settle()
    check_renamed(bench, sample, before, live)
    bench.write(sample.moved() + sample.after())  # the entry may stay, and says nothing
    assert bench.plan() == bench.plan()
    assert bench.plan().diagnostics == ()


@pytest.mark.first_case_is_quick
@EVERY
@BY
@pytest.mark.parametrize("mode", get_args(Mode))
def test_a_rename_that_fails_or_is_killed_at_any_write_is_finished(
    tmp_path: Path, sample: Sample, named: bool, mode: Mode
) -> None:
    for step in range(MOST_WRITES):
        bench = Bench(tmp_path / str(step))
        before = begin(bench, sample)
        live = set(bench.account.objects)
        bench.write((sample.moved() if named else "") + sample.after())
        bench.apply(Fault(step, mode))
        struck = bench.account.writes > step
        bench.settle()
        check_renamed(bench, sample, before, live)
        if not struck:
            return
    raise AssertionError("more writes than expected")


@pytest.mark.first_case_is_quick
@EVERY
def test_a_rename_together_with_an_edit_keeps_the_object(bench: Bench, sample: Sample) -> None:
    before = begin(bench, sample)[f"{sample.kind}.old"]
    bench.write(sample.moved() + sample.after(edited=True))
    bench.settle()
    after = bench.records()[f"{sample.kind}.new"]
    if before.type == "file":
        assert after.id != before.id  # another content is another upload
    elif before.release is not None:
        assert after.release == before.release + 1
    else:
        assert after.id == before.id


@pytest.mark.first_case_is_quick
@EVERY
@pytest.mark.parametrize("mode", get_args(Mode))
def test_a_forgotten_resource_stays_at_openai_without_a_mark(tmp_path: Path, sample: Sample, mode: Mode) -> None:
    for step in range(MOST_WRITES):
        bench = Bench(tmp_path / str(step))
        begin(bench, sample)
        live = set(bench.account.objects)
        bench.write(sample.removed())
        bench.apply(Fault(step, mode))
        struck = bench.account.writes > step
        bench.settle()
        assert bench.records() == {}
        assert set(bench.account.objects) == live
        assert [bench.mark_of(id) for id in live] == [None] * len(live)
        if not struck:
            return
    raise AssertionError("more writes than expected")


@pytest.mark.first_case_is_quick
@EVERY
def test_a_removal_that_destroys_deletes(bench: Bench, sample: Sample) -> None:
    begin(bench, sample)
    bench.write(sample.removed(destroy=True))
    bench.settle()
    assert bench.account.objects == {}
    bench.settle()
