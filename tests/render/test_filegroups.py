"""Many files of one store are one line of a plan's text, and nothing that changes is hidden by it."""

from __future__ import annotations

import re

import pytest

from provisioner.core.address import Address
from provisioner.planning.plan import Action, Change, Plan
from provisioner.planning.reason import as_written
from provisioner.review.render.filegroups import MOST_FILES
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.style import Style

DOCS, NOTES = Address("vector_store", "docs"), Address("vector_store", "notes")
PLAIN = Style()


def file(number: int) -> Address:
    return Address("file", f"docs/{number:03}.md")


def change(address: Address, action: Action = Action.CREATE, **more: object) -> Change:
    side = {"before": {"bytes": 1000}} if action is Action.DELETE else {"after": {"bytes": 1000}}
    return Change(address, action, address.kind, **{**side, **more})  # type: ignore[arg-type]


def plan_of(*changes: Change, unchanged: int = 0) -> Plan:
    files = tuple(sorted({each.address for each in changes if each.address.kind == "file"}))
    return Plan(changes, unchanged=unchanged, needs={DOCS: files, **dict.fromkeys(files, ())})


def test_31_files_of_one_store_are_one_line() -> None:
    plan = plan_of(*(change(file(number)) for number in range(31)), change(DOCS, after={"files": {}}))
    assert plan_text(plan, PLAIN).splitlines() == [
        "+ 31 files of vector_store.docs  31 create (31.0 kB in all; -v lists each)",
        "+ vector_store.docs              create (0 files)",
        "",
        "Plan: 32 to create, 0 unchanged.",
    ]
    long = plan_text(plan, PLAIN, details=True)
    assert sum('file["docs/' in line for line in long.splitlines()) == 31
    assert "files of" not in long


@pytest.mark.parametrize(("count", "lines"), [(MOST_FILES, MOST_FILES), (MOST_FILES + 1, 1)])
def test_a_few_files_are_a_line_each(count: int, lines: int) -> None:
    text = plan_text(plan_of(*(change(file(number)) for number in range(count))), PLAIN)
    assert len(text.partition("\n\n")[0].splitlines()) == lines


def test_each_action_is_counted_and_the_gravest_is_the_sign() -> None:
    actions = [each for each in Action if each is not Action.NO_OP]
    changes = [change(file(number), actions[number % len(actions)]) for number in range(5 * len(actions))]
    text = plan_text(plan_of(*changes), PLAIN)
    assert text.splitlines()[0] == (
        "- 30 files of vector_store.docs  5 create, 5 update, 5 replace, 5 delete, 5 adopt, 5 forget "
        "(30.0 kB in all; -v lists each)"
    )
    assert text.endswith("5 to create, 5 to update, 5 to replace, 5 to delete, 5 to adopt, 5 to forget, 0 unchanged.")


def test_one_delete_among_many_creates_is_seen_with_its_reason() -> None:
    changes = [change(file(number)) for number in range(30)]
    changes.append(change(file(30), Action.DELETE, reasons=as_written("no longer declared")))
    first, reason, *_ = plan_text(plan_of(*changes), PLAIN).splitlines()
    assert first.startswith("- 31 files of vector_store.docs  30 create, 1 delete ")
    assert reason == "    no longer declared (1)"


def test_moves_replaced_objects_and_many_reasons_are_counted() -> None:
    moved = [
        change(file(n), Action.UPDATE, moved_from=Address("file", f"old/{n}"), reasons=as_written("moved"))
        for n in range(8)
    ]
    others = [change(file(n), Action.REPLACE, reasons=as_written(f"reason {n}")) for n in range(8, 16)]
    retired = [change(file(n), Action.DELETE, id=f"file-{n}", retired=True, before=None) for n in range(8, 16)]
    lines = plan_text(plan_of(*moved, *others, *retired), PLAIN).splitlines()
    assert lines[0].startswith("- 16 files of vector_store.docs  8 update, 8 replace, 8 delete, 8 moved (")
    assert lines[1] == "    moved (8)"
    assert lines[2:7] == [*(f"    reason {number} (1)" for number in (10, 11, 12, 13)), "    and 4 other reasons"]


def test_files_of_two_stores_and_of_nobody_are_apart() -> None:
    files = [file(number) for number in range(60)]
    needs = {
        DOCS: tuple(files[:40]),
        NOTES: tuple(files[20:40]),
        **dict.fromkeys(files, ()),
    }
    changes = tuple(change(each) for each in files)
    lines = plan_text(Plan(changes, needs=needs), PLAIN).partition("\n\n")[0].splitlines()
    assert lines[0].startswith("+ 20 files of vector_store.docs  ")
    assert lines[1].startswith("+ 20 files of vector_store.docs, vector_store.notes  20 create")
    assert [re.sub(r" +", " ", line) for line in lines[2:]] == [f"+ {each} create (1.0 kB)" for each in files[40:]]


def test_the_members_of_a_store_are_one_line_with_counts() -> None:
    def member(number: int, sha: str = "a", **more: object) -> dict[str, object]:
        return {"file_id": f"file-{number}", "attributes": {"sha256": sha, "path": f"docs/{number:03}.md"}, **more}

    before = {str(file(n)): member(n) for n in range(25)}
    after = {str(file(n)): member(n, "b" if n < 12 else "a") for n in range(5, 24)}
    after |= {str(file(n)): member(n) for n in range(30, 61)}
    after[str(file(23))] = member(23, attributes={"sha256": "a", "path": "docs/023.md", "rank": 1})
    update = Change(
        DOCS,
        Action.UPDATE,
        "vector_store",
        before={"files": before, "name": "a"},
        after={"files": after, "name": "b"},
        fields=("files", "name"),
    )
    text = plan_text(Plan((update,)), PLAIN)
    said = "files: 31 attached, 6 detached, 7 with new content, 1 with other attributes (-v lists each)"
    assert [line.strip() for line in text.splitlines()[1:3]] == [said, 'name: "a" → "b"']
    assert text.count("docs/") == 0
    assert plan_text(Plan((update,)), PLAIN, details=True).count("files[docs/") == 31 + 6 + 7 + 1


def test_a_hostile_name_of_a_store_stays_on_its_line() -> None:
    evil = Address("vector_store", "evil\nPlan: 0 to delete")
    files = [file(number) for number in range(20)]
    plan = Plan(tuple(change(each, Action.DELETE) for each in files), needs={evil: tuple(files)})
    assert plan_text(plan, PLAIN).splitlines()[0].startswith("- 20 files of vector_store[")
    assert len(plan_text(plan, PLAIN).splitlines()) == 3
