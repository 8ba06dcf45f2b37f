"""Plans, outcomes and events as text and JSON."""

from __future__ import annotations

import io
import json

import pytest

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.estimate import ContainerCost, Estimate, Storage, StoreCost
from provisioner.planning.event import ApplyStarted, Event, Failed, Finished, Indexing, Skipped, Started
from provisioner.planning.plan import Action, Change, Drift, Outcome, Plan, Unknown
from provisioner.planning.reason import as_written
from provisioner.review.render.cost_text import cost_lines
from provisioner.review.render.json_text import FORMAT_VERSION, dumps, failure_json, outcome_json, plan_json
from provisioner.review.render.outcome_text import outcome_text
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.progress import PAST, Lines
from provisioner.review.render.style import Style
from provisioner.review.render.units import plural, size

BOOK = Address("file", "manifests/books/hamlet.md")
TUTOR = Address("assistant", "tutor")
PLAIN = Style()


def change(action: Action, address: Address = TUTOR, **more: object) -> Change:
    return Change(address, action, "file" if address is BOOK else "definition", **more)  # type: ignore[arg-type]


def test_every_action_has_its_sign_and_its_count() -> None:
    actions = [action for action in Action if action is not Action.NO_OP]
    text = plan_text(Plan(tuple(change(action, reasons=as_written("why")) for action in actions), unchanged=3), PLAIN)
    head, _, summary = text.rpartition("\n\n")
    assert [line[0] for line in head.splitlines()[::2]] == ["+", "~", "±", "-", "←", "×"]
    assert summary == (
        "Plan: 1 to create, 1 to update, 1 to replace, 1 to delete, 1 to adopt, 1 to forget, 3 unchanged."
    )


@pytest.mark.parametrize(
    ("plan", "text"),
    [
        (Plan(), "Nothing to do: nothing is declared."),
        (Plan(unchanged=1), "Nothing to do: 1 resource as declared."),
        (Plan(unchanged=2), "Nothing to do: 2 resources as declared."),
    ],
)
def test_nothing_to_do(plan: Plan, text: str) -> None:
    assert plan_text(plan, PLAIN) == text


def test_an_error_is_not_summed_up_as_nothing_to_do() -> None:
    text = plan_text(Plan(diagnostics=(Diagnostic("error", "no such API"),), unchanged=4), PLAIN)
    assert text == "error: no such API\n\nNothing can be applied: 1 error."


def test_diagnostics_come_in_order_of_place() -> None:
    found = (
        Diagnostic("warning", "third"),
        Diagnostic("info", "second", Place("b.yaml", 1, 1)),
        Diagnostic("blocked", "first", Place("a.yaml", 9, 2)),
    )
    text = plan_text(Plan(diagnostics=found, unchanged=1), PLAIN)
    assert text.splitlines()[:3] == ["a.yaml:9:2: blocked: first", "b.yaml:1:1: info: second", "warning: third"]


def test_drift_says_what_would_be_undone() -> None:
    drift = (
        Drift(TUTOR, (), "asst_1"),
        Drift(TUTOR, ("name",), "ours", "theirs", overwritten=True),
        Drift(TUTOR, ("name",), "ours", "theirs"),
        Drift(TUTOR, ("files", "a.md"), {"rank": 1}, None),
        Drift(TUTOR, ("files", "file-1"), None, {"rank": 1}, overwritten=True),
        Drift(TUTOR, ("metadata", "a[b"), "ours", "theirs"),
    )
    assert plan_text(Plan(drift=drift, unchanged=1), PLAIN).splitlines()[1:7] == [
        "  assistant.tutor: asst_1 is gone",
        '  assistant.tutor: name was "ours", is "theirs" (this plan would undo it)',
        '  assistant.tutor: name was "ours", is "theirs"',
        "  assistant.tutor: files[a.md] was removed",
        "  assistant.tutor: files[file-1] was added (this plan would undo it)",
        '  assistant.tutor: metadata.a[b was "ours", is "theirs"',
    ]


@pytest.mark.parametrize(
    ("fields", "after", "note"),
    [(("files",), {"a.md": {}}, " (this plan puts it back)"), ((), {"a.md": {}}, ""), (("files",), {}, "")],
)
def test_a_member_that_was_taken_out_is_put_back(fields: tuple[str, ...], after: dict[str, object], note: str) -> None:
    update = change(Action.UPDATE, before={"files": {}}, after={"files": after}, fields=fields)
    text = plan_text(Plan((update,), (Drift(TUTOR, ("files", "a.md"), {"rank": 1}, None),)), PLAIN)
    assert text.splitlines()[1] == f"  assistant.tutor: files[a.md] was removed{note}"


def test_a_sign_stands_with_its_address() -> None:
    long = Address("assistant", "a-very-long-name-that-takes-a-line")
    lines = plan_text(Plan((change(Action.UPDATE, long),)), Style(width=40)).splitlines()
    assert "~" not in [line.strip() for line in lines]
    assert lines[0].startswith("~ assistant.")


def test_colours_change_nothing_but_colours() -> None:
    plan = Plan((change(Action.CREATE, BOOK, after={"bytes": 1_500}),), unchanged=1)
    plain, coloured = plan_text(plan, PLAIN), plan_text(plan, Style(enabled=True))
    assert "\033[" in coloured
    assert "(1.5 kB)" in plain
    for code in ("\033[0m", "\033[1m", "\033[2m", *(f"\033[3{digit}m" for digit in range(8))):
        coloured = coloured.replace(code, "")
    assert coloured == plain


def test_a_plan_as_json_keeps_its_shape() -> None:
    unknown = Unknown(BOOK)
    plan = Plan(
        changes=(
            change(Action.CREATE, reasons=as_written("not there yet"), after={"tools": [{"file_ids": [unknown]}]}),
        ),
        drift=(Drift(TUTOR, ("name",), "a", "b", overwritten=True),),
        diagnostics=(Diagnostic("info", "told", Place("a.yaml", 2, 3), "assistant.tutor"), Diagnostic("warning", "x")),
        unchanged=2,
    )
    assert json.loads(dumps(plan_json(plan))) == {
        "format_version": FORMAT_VERSION,
        "summary": {
            "create": 1, "update": 0, "replace": 0, "delete": 0, "adopt": 0, "forget": 0, "no-op": 2,
        },
        "changes": [
            {
                "address": "assistant.tutor",
                "action": "create",
                "reasons": ["not there yet"],
                "before": None,
                "after": {"tools": [{"file_ids": [{"known_after_apply": f"{BOOK}.id"}]}]},
                "differences": [],
            }
        ],
        "shared": [],
        "drift": [
            {
                "address": "assistant.tutor", "field": "name", "recorded": "a", "actual": "b", "overwritten": True,
                "differences": [{"path": "name", "kind": "changed", "before": "a", "after": "b"}],
            }
        ],
        "diagnostics": [
            {
                "severity": "info", "message": "told", "file": "a.yaml", "line": 2, "column": 3,
                "address": "assistant.tutor",
            },
            {"severity": "warning", "message": "x", "file": None, "line": None, "column": None, "address": None},
        ],
        "cost": None,
    }  # fmt: skip


def test_a_failure_has_the_shape_of_a_plan() -> None:
    assert plan_json(Plan()).keys() == failure_json([Diagnostic("error", "wrong")]).keys()


def test_an_outcome_names_everything_that_was_left_undone() -> None:
    failed = {"file.a": Diagnostic("error", "refused")}
    outcome = Outcome([change(Action.CREATE)], failed, {"vector_store.x": "it needs file.a"}, 1.25)
    assert outcome_text(outcome, PLAIN).splitlines() == [
        "  applied assistant.tutor: create",
        "  failed file.a: refused",
        "  skipped vector_store.x: it needs file.a",
        "Failed: 1 applied, 1 failed, 1 skipped in 1.2 s.",
        "What was applied is in the state; correct the rest and apply again.",
    ]
    body = outcome_json(outcome)
    assert body["applied"] == [{"address": "assistant.tutor", "action": "create"}]
    assert body["failed"] == [{"address": "file.a", "message": "refused"}]
    assert body["skipped"] == [{"address": "vector_store.x", "because": "it needs file.a"}]


def test_a_good_outcome_is_one_line() -> None:
    assert outcome_text(Outcome([change(Action.CREATE)], seconds=0.5), PLAIN) == "Done: 1 applied in 0.5 s."


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (Finished(change(Action.CREATE), "tutor@1", 0.5), "assistant.tutor: created (tutor@1, 0.5 s)"),
        (Finished(change(Action.FORGET), "", 0.5), "assistant.tutor: forgotten"),
        (Failed(change(Action.UPDATE), "refused", "do this"), "assistant.tutor: failed: refused\n  do this"),
        (Failed(change(Action.UPDATE), "refused"), "assistant.tutor: failed: refused"),
        (Skipped(change(Action.UPDATE), "it needs file.a"), "assistant.tutor: skipped: it needs file.a"),
        (Started(change(Action.UPDATE)), None),
        (Indexing("vector_store.x", 1, 2), None),
        (ApplyStarted(1, 1), None),
    ],
)
def test_a_line_for_each_change_that_ends(event: Event, line: str | None) -> None:
    stream = io.StringIO()
    Lines(stream, PLAIN)(event)
    assert stream.getvalue() == ("" if line is None else f"{line}\n")


def test_every_action_has_a_past() -> None:
    assert set(PAST) == set(Action) - {Action.NO_OP}


@pytest.mark.parametrize(
    ("count", "text"), [(0, "0 B"), (999, "999 B"), (95_700, "95.7 kB"), (5_000_000, "5.0 MB"), (2 * 10**9, "2.0 GB")]
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text


def test_plurals() -> None:
    assert [plural(count, "file") for count in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_a_price_s_unit_is_said_once_and_small_amounts_in_digits() -> None:
    container = ContainerCost("assistant.a", "64g", "4g", 1.92, 0.12)
    storage = Storage(0, 0, 0.0, 0.0, 0.1, 1e-05)
    store = StoreCost("vector_store.x", 0, 1, measured=True)
    lines = cost_lines(Estimate("2026-11", storage, (store,), (container,), ()))
    assert lines[-1] == "  container for code 64g → 4g, 1.92 → 0.12 USD for 20 minutes: assistant.a"
    assert "above 0.00001 GB" in lines[1]
