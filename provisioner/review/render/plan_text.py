"""Renders a plan as text for people, for the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from provisioner.core.diagnostic import Diagnostic, in_order
from provisioner.core.text.visible import on_one_line
from provisioner.planning.fieldpath import METADATA
from provisioner.planning.plan import MARK_PREFIX, Action, Change, Drift, Plan
from provisioner.review.render.cost_text import cost_lines
from provisioner.review.render.difference import difference_rows, show
from provisioner.review.render.facts import facts
from provisioner.review.render.filegroups import FileGroup, fold_members, group_files, reasons_of
from provisioner.review.render.messages import message_lines
from provisioner.review.render.rows import EMPTY, Row, Span, rows_text
from provisioner.review.render.style import SYMBOLS, Style
from provisioner.review.render.units import columns, pad, plural
from provisioner.review.view.difference import Difference
from provisioner.review.view.planview import ChangeView, DriftView, PlanView, SharedView
from provisioner.review.view.shortening import shortened_note, view_shortened
from provisioner.review.view.unchanged import summarize_unchanged

VERBS = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.REPLACE: "to replace",
    Action.DELETE: "to delete",
    Action.ADOPT: "to adopt",
    Action.FORGET: "to forget",
}
NOUNS = {verb: action for action, verb in VERBS.items()}
#: The largest width in columns that addresses are padded to. Longer addresses are shown whole.
WIDEST = 48
#: The largest number of instructions, tools or assistants that are named in one list.
NAMED = 10
#: A placeholder for a space at which no line may be broken. It is replaced after all lines are wrapped. Texts never
#: contain it, because control characters are escaped.
BOUND = "\x01"
SEVERITY_COLOURS = {"error": "red", "blocked": "red", "warning": "yellow", "info": "blue"}


def plan_text(plan: Plan, style: Style, *, details: bool = False) -> str:
    """Returns the whole plan as text. If `details` is True, every field of created and deleted objects is also shown.

    The changes of many files that the same resources need are joined into one line, which counts each action. If
    `details` is True, each file is shown on its own line.
    """
    rows = _rows(view_shortened(plan, created=details), style, details=details, folding=not details)
    return rows_text(rows, style).replace(BOUND, " ")


def _rows(view: PlanView, style: Style, *, details: bool, folding: bool) -> Iterator[Row]:
    plan, marks = view.plan, not style.enabled
    if view.drift:
        yield Row.of(0, Span("Changed outside of provision:", "bold"))
        for drift in view.drift:
            yield from _drift(drift, plan, marks=marks)
        yield EMPTY
    if view.shared:
        yield Row.of(0, Span("Changed once for several:", "bold"))
        for shared in view.shared:
            yield from _shared(shared, marks=marks)
        yield EMPTY
    shown = list(group_files(view.changes, plan.needs) if folding else view.changes)
    names = (each.name() if isinstance(each, FileGroup) else str(each.change.address) for each in shown)
    width = min(WIDEST, max((columns(on_one_line(name)) for name in names), default=0))
    for each in shown:
        if isinstance(each, FileGroup):
            yield from _group(each, width)
        else:
            yield from _change(each, width, details=details, marks=marks, folding=folding)
    if view.changes:
        yield EMPTY
    if plan.cost is not None:
        yield from (Row.of(0, on_one_line(line)) for line in cost_lines(plan.cost))
        yield EMPTY
    if diagnostics := in_order(list(plan.diagnostics)):
        for each_diagnostic in diagnostics:
            yield from diagnostic_rows(each_diagnostic)
        yield EMPTY
    if note := shortened_note(view):
        yield Row.of(0, Span(on_one_line(note), "bold"))
        yield EMPTY
    yield _summary(plan)


def diagnostic_text(diagnostic: Diagnostic, style: Style) -> str:
    """Returns a diagnostic as text: `path:line:column: error: what is wrong; what to do`. If the message has several
    lines, all lines except the first are indented.
    """
    return rows_text(diagnostic_rows(diagnostic), style)


def diagnostic_rows(diagnostic: Diagnostic) -> Iterator[Row]:
    """Yields the rows that show a diagnostic. The first row contains the place and the severity of the diagnostic. The
    other rows contain the later lines of the message, indented.
    """
    first, *more = message_lines(diagnostic)
    place = f"{on_one_line(str(diagnostic.place))}: " if diagnostic.place else ""
    label = Span(f"{diagnostic.severity}:", SEVERITY_COLOURS[diagnostic.severity])
    yield Row.of(0, place, label, f" {first}")
    yield from (Row.of(2, each.strip()) for each in more)


def _group(group: FileGroup, width: int) -> Iterator[Row]:
    """Yields the rows that show the changes of many files. The first row contains the name of the group, padded to
    `width` columns, and the number of changes for each action. Then follows one row for each reason.
    """
    sign, colour = SYMBOLS[group.most_severe]
    name = pad(on_one_line(group.name()), width)
    yield Row.of(0, Span(sign, colour), BOUND, Span(name, "bold"), "  ", Span(on_one_line(group.counts_text()), colour))
    yield from (Row.of(4, Span(on_one_line(reason), "dim")) for reason in group.reasons())


def _change(view: ChangeView, width: int, *, details: bool, marks: bool, folding: bool) -> Iterator[Row]:
    change = view.change
    sign, colour = SYMBOLS[change.action]
    known = facts_of(change)
    yield Row.of(
        0,
        Span(sign, colour),
        BOUND,
        Span(pad(on_one_line(str(change.address)), width), "bold"),
        "  ",
        Span(change.action.value, colour),
        f" ({on_one_line(known)})" if known else "",
    )
    yield from (Row.of(4, Span(on_one_line(reason), "dim")) for reason in reasons_of(change))
    if view.compares or details:
        members, differences = fold_members(view) if folding else ("", view.differences)
        if members:
            yield Row.of(6, members)
        yield from difference_rows(differences, 6, marks=marks)
    if line := unchanged_line(view):
        yield Row.of(4, Span(line, "dim"))


def unchanged_line(view: ChangeView) -> str:
    """Returns a line that lists the fields that an adoption does not change: `unchanged: name, 3 files`. The line is
    empty if there are no such fields.
    """
    fields = summarize_unchanged(view.change.type, view.unchanged)
    return on_one_line(f"unchanged: {fields}") if fields else ""


def facts_of(change: Change) -> str:
    """Returns short facts about the object of a change, such as its size `95.7 kB`. For the delete or forget of an
    object that was replaced earlier, the text contains the id of the object, because the new object has the same
    address.
    """
    if change.retired:
        return f"the replaced {change.id}"
    return facts(change.type, change.after or change.before or {})


def _shared(view: SharedView, *, marks: bool) -> Iterator[Row]:
    sources, users = ([on_one_line(str(each)) for each in names[:NAMED]] for names in (view.sources, view.addresses))
    named = listed(users, len(view.addresses))
    yield Row.of(2, Span(listed(sources, len(view.sources)), "bold"), f", in {named}")
    yield from difference_rows(view.differences, 6, marks=marks)


def listed(names: Sequence[str], count: int) -> str:
    """Returns the names as one text: `a, b and c`. If `count`, the number of all names, is larger than the number of
    given names, the text says how many are missing: `a, b and 7 more`.
    """
    shown = [*names, f"{count - len(names):,} more"] if count > len(names) else names
    return " and ".join(part for part in (", ".join(shown[:-1]), *shown[-1:]) if part)


def _drift(view: DriftView, plan: Plan, *, marks: bool) -> Iterator[Row]:
    yield Row.of(2, drift_line(view, plan))
    yield from difference_rows(drift_leaves(view), 6, marks=marks)


def drift_line(view: DriftView, plan: Plan) -> str:
    """Returns one line about a change that was made outside of provision. If the plan restores the former value, the
    line also says this.
    """
    drift = view.drift
    note = " (this plan would undo it)" if drift.overwritten and drift.path else ""
    if _puts_back(drift, plan):
        note = " (this plan puts it back)"
    return f"{on_one_line(str(drift.address))}: {drift_fact(view)}{note}"


def _is_mark(drift: Drift) -> bool:
    """Returns whether the drift can be undone without harm, because only provision uses the changed values. This is the
    case if provision's ownership mark was removed from an object. It is also the case if a file of a vector store was
    changed and the plan overwrites nothing of it; mostly these are the attributes that provision adds.
    """
    if drift.overwritten:
        return False
    match drift.path:
        case (name, key) if name == METADATA and key.startswith(MARK_PREFIX):
            return drift.actual is None
    return drift.is_member and isinstance(drift.actual, Mapping) and isinstance(drift.recorded, Mapping)


def drift_leaves(view: DriftView) -> tuple[Difference, ...]:
    """Returns the differences that must be shown below the line about a change that was made outside of provision
    (`drift_line`). The result is empty if the line itself shows them all.
    """
    drift, found = view.drift, view.differences
    if drift.is_member and None in (drift.recorded, drift.actual):
        return ()
    said = len(found) == 1 and found[0].text is None and found[0].path == drift.field and not drift.is_member
    return () if said else found


def _puts_back(drift: Drift, plan: Plan) -> bool:
    """Returns whether the plan restores what was removed outside of provision: by attaching a detached file again, or
    by writing the ownership mark or the attributes of a file again.
    """
    if _is_mark(drift):
        return any(each.address == drift.address and drift.path[0] in each.fields for each in plan.changes)
    if drift.actual is not None or not drift.is_member:
        return False
    field, member = drift.path
    updates = (each for each in plan.changes if each.address == drift.address and each.action is Action.UPDATE)
    written = ((each.after or {}).get(field) for each in updates if field in each.fields)
    return any(isinstance(members, Mapping) and member in members for members in written)


def drift_fact(view: DriftView) -> str:
    """Returns a text that says what was changed outside of provision, for example `model was "a", is "b"`. The text
    does not contain the address of the object.
    """
    drift = view.drift
    if drift.field is None:
        return f"{on_one_line(str(drift.recorded))} is gone"
    field = on_one_line(drift.field)
    if drift.is_member:
        return f"{field} was {'added' if drift.recorded is None else 'removed' if drift.actual is None else 'changed'}"
    if drift_leaves(view):
        return f"{field} was changed"
    return f"{field} was {show(drift.recorded)}, is {show(drift.actual)}"


def _summary(plan: Plan) -> Row:
    """Returns the row with the summary of the plan. Each number of changes is shown in the colour of its action."""
    text = summary_line(plan)
    spans: list[Span | str] = []
    for part in re.split(r"((?<!\d)\d+ to \w+)", text):
        action = NOUNS.get(part.partition(" ")[2])
        spans.append(Span(part, SYMBOLS[action][1]) if action else part)
    return Row.of(0, *spans)


def summary_line(plan: Plan) -> str:
    """Returns the summary of the plan on one line, with the number of changes for each action. If there are no changes,
    the line says so. If the plan has errors, the line says that nothing can be applied.
    """
    if errors := plan.errors():
        return f"Nothing can be applied: {plural(len(errors), 'error')}."
    counts = plan.summary()
    parts = [f"{counts[action.value]} {verb}" for action, verb in VERBS.items() if counts[action.value]]
    if not parts and not plan.unchanged and plan.blockers():
        return "Nothing is planned: something blocks it."
    if not parts:
        what = f"{plural(plan.unchanged, 'resource')} as declared" if plan.unchanged else "nothing is declared"
        return f"Nothing to do: {what}."
    return f"Plan: {', '.join(parts)}, {plan.unchanged} unchanged."
