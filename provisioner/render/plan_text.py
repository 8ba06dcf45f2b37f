"""A plan for people."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.diagnostic import Diagnostic, in_order
from provisioner.plan import Action, Change, Drift, Plan
from provisioner.render.difference import differences, show
from provisioner.render.style import Style
from provisioner.render.units import columns, pad, plural, size
from provisioner.targets import TARGET_OF

VERBS = {
    Action.CREATE: "to create",
    Action.UPDATE: "to update",
    Action.REPLACE: "to replace",
    Action.DELETE: "to delete",
    Action.ADOPT: "to adopt",
    Action.FORGET: "to forget",
}
#: Addresses longer than this do not push the others' columns to the right.
WIDEST = 48
SEVERITY_COLOURS = {"error": "red", "blocked": "red", "warning": "yellow", "info": "blue"}


def plan_text(plan: Plan, style: Style, *, details: bool = False) -> str:
    """The whole plan. `details` shows every field of what is created and deleted, too."""
    lines: list[str] = []
    if plan.drift:
        lines += [style.paint("Changed outside of provision:", "bold"), *map(_drift, plan.drift), ""]
    width = max((columns(str(change.address)) for change in plan.changes), default=0)
    for change in plan.changes:
        lines += _change(change, style, min(width, WIDEST), details=details)
    if plan.changes:
        lines.append("")
    if diagnostics := in_order(list(plan.diagnostics)):
        lines += [*(diagnostic_text(each, style) for each in diagnostics), ""]
    lines.append(_summary(plan, style))
    return "\n".join(lines)


def diagnostic_text(diagnostic: Diagnostic, style: Style) -> str:
    """One diagnostic on one line: `path:line:column: error: what is wrong; what to do`."""
    label = style.paint(f"{diagnostic.severity}:", SEVERITY_COLOURS[diagnostic.severity])
    place = f"{diagnostic.place}: " if diagnostic.place else ""
    return f"{place}{label} {diagnostic.message}"


def _change(change: Change, style: Style, width: int, *, details: bool) -> Iterator[str]:
    head = f"{style.symbol(change.action)} {style.paint(pad(str(change.address), width), 'bold')}"
    facts = _facts(change)
    yield f"{head}  {style.action(change.action, change.action.value)}{f' ({facts})' if facts else ''}"
    shown = change.reasons if change.action is not Action.CREATE or change.reasons != ("not there yet",) else ()
    yield from (f"    {style.paint(reason, 'dim')}" for reason in shown)
    # Two APIs spell one assistant in two ways: between them, nothing that differs is a change.
    respelled = change.former_type is not None and change.former_type != change.type
    if (change.action in (Action.UPDATE, Action.REPLACE) and not respelled) or details:
        yield from (f"      {_paint(line, style)}" for line in differences(change))


def _facts(change: Change) -> str:
    """The few things worth knowing at a glance."""
    fields = change.after or change.before or {}
    if change.retired:
        return f"the replaced {change.id}"
    if change.type == "file" and "bytes" in fields:
        return size(int(fields["bytes"]))
    if change.type == "vector_store" and "files" in fields:
        return plural(len(fields["files"]), "file")
    if change.type == "environment_template":
        return "environment template"
    target = TARGET_OF.get(change.type)
    return f"{target}, {fields.get('model')}" if target else ""


def _drift(drift: Drift) -> str:
    if drift.field is None:
        return f"  {drift.address}: {drift.recorded} is gone"
    note = " (this plan would undo it)" if drift.overwritten else ""
    if "[" in drift.field.partition(".")[0]:
        what = "put in" if drift.recorded is None else "taken out" if drift.actual is None else "changed"
        return f"  {drift.address}: {drift.field} was {what}{note}"
    return f"  {drift.address}: {drift.field} was {show(drift.recorded)}, is {show(drift.actual)}{note}"


def _summary(plan: Plan, style: Style) -> str:
    counts = plan.summary()
    if errors := plan.errors():
        return f"Nothing can be applied: {plural(len(errors), 'error')}."
    parts = [
        style.action(action, f"{counts[action.value]} {verb}") for action, verb in VERBS.items() if counts[action.value]
    ]
    if not parts:
        what = f"{plural(plan.unchanged, 'resource')} as declared" if plan.unchanged else "nothing is declared"
        return f"Nothing to do: {what}."
    return f"Plan: {', '.join(parts)}, {plan.unchanged} unchanged."


def _paint(line: str, style: Style) -> str:
    stripped = line.lstrip()
    if stripped.startswith("+"):
        return style.paint(line, "green")
    if stripped.startswith("-"):
        return style.paint(line, "red")
    return line
