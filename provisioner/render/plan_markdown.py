"""A plan for a comment on a pull request: the headline, what is wrong, and every change, folded.

GitHub takes 65,536 characters. What does not fit is left out from the end, where the least important stands, and it is
said what. Everything that people wrote stands in code, so nothing of it is markup, a mention or a link.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from provisioner.diagnostic import Diagnostic, in_order
from provisioner.plan import Action, Plan
from provisioner.render.cost_text import cost_lines
from provisioner.render.difference import show, show_content, text_rows
from provisioner.render.markdown import code, fence, folded, html_code
from provisioner.render.plan_text import drift_line, facts_of, reasons_of, summary_line
from provisioner.render.style import SYMBOLS
from provisioner.view.difference import Difference
from provisioner.view.planview import ChangeView, PlanView, view_plan
from provisioner.view.visible import on_one_line

#: Characters of the whole text, and of one change's block.
MOST, BLOCK = 64_000, 12_000
#: Characters kept for what is said about what is left out.
TAIL = 400
#: Most important first: what takes something away, then what changes it, then what adds.
ORDER = (Action.DELETE, Action.REPLACE, Action.UPDATE, Action.CREATE, Action.ADOPT, Action.FORGET)
ICONS = {"error": "❌", "blocked": "⛔", "warning": "⚠️", "info": "ℹ️"}


@dataclass(slots=True)
class Page:
    """A text that grows up to a bound. `left_out` counts the changes that did not fit."""

    room: int
    parts: list[str]
    left_out: int = 0

    def add(self, *choices: str) -> bool:
        """Adds the first of several forms that fits; says whether one did."""
        for text in choices:
            if len(text) + 2 <= self.room:
                self.parts.append(text)
                self.room -= len(text) + 2
                return True
        return False


def plan_markdown(plan: Plan, *, title: str = "") -> str:
    """The plan, at most 65,000 characters. `title` says whose it is: project and environment."""
    view = view_plan(plan)
    page = Page(MOST - TAIL, [])
    page.add(f"### {_sign(view)} provision plan{f': {code(title)}' if title else ''}")
    page.add(f"**{summary_line(plan)}**")
    _add_listed(page, [_diagnostic(each) for each in in_order(list(plan.diagnostics))], "messages")
    if view.drift:
        page.add("**Changed outside of provision:**")
        _add_listed(page, [f"- {code(drift_line(each.drift))}" for each in view.drift], "drifted fields")
    for shared in view.shared:
        users = ", ".join(html_code(str(address)) for address in shared.addresses)
        summary = f"{', '.join(map(html_code, shared.sources))} changed, in {users}"
        page.add(folded(summary, _block(shared.differences), opened=True), f"- {summary}")
    if plan.cost is not None:
        head, *lines = cost_lines(plan.cost)
        page.add(folded(html_code(head), fence(lines, "text")) if lines else code(head), code(head))
    for each in _by_importance(view.changes):
        if page.left_out or not page.add(*_forms(each)):
            page.left_out += 1
    if page.left_out:
        page.parts.append(_tail(page.left_out))
    return "\n\n".join(page.parts) + "\n"


def _sign(view: PlanView) -> str:
    if view.plan.errors():
        return ICONS["error"]
    if view.plan.blockers():
        return ICONS["blocked"]
    return "📝" if view.plan.changes else "✅"


def _diagnostic(diagnostic: Diagnostic) -> str:
    place = f" {code(str(diagnostic.place))}" if diagnostic.place else ""
    return f"- {ICONS[diagnostic.severity]} **{diagnostic.severity}**{place} {code(diagnostic.message)}"


def _add_listed(page: Page, lines: list[str], what: str) -> None:
    """Adds a list; of a very long one, the beginning, within a third of the room."""
    kept: list[str] = []
    room = page.room // 3
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append(f"- … and {len(lines) - len(kept)} more {what}")
            break
        kept.append(line)
    if kept:
        page.add("\n".join(kept))


def _by_importance(views: Iterable[ChangeView]) -> list[ChangeView]:
    return sorted(views, key=lambda view: ORDER.index(view.change.action))


def _forms(view: ChangeView) -> Iterator[str]:
    """A change's block, or where there is no room for it, its line."""
    change = view.change
    facts = facts_of(change)
    head = f"{SYMBOLS[change.action][0]} {html_code(str(change.address))} {change.action.value}"
    head += f" ({html_code(facts)})" if facts else ""
    reasons = "\n".join(f"- {code(reason)}" for reason in reasons_of(change))
    body = _block(view.differences)
    if body or reasons:
        yield folded(head, "\n\n".join(part for part in (reasons, body) if part), opened=change.action is Action.UPDATE)
    yield f"{head}<br>"


def _block(differences: Iterable[Difference]) -> str:
    """The leaves as lines of a diff, up to a bound."""
    kept: list[str] = []
    room = BLOCK
    for line in _lines(differences):
        if len(line) + 1 > room:
            kept.append("… the rest is not shown here: `provision show FILE` has it")
            break
        kept.append(line)
        room -= len(line) + 1
    return fence(kept) if kept else ""


def _lines(differences: Iterable[Difference]) -> Iterator[str]:
    for each in differences:
        path = on_one_line(each.path)
        notes = [f"changed with {', '.join(each.shared_with)}, shown above"] if each.shared_with else []
        if each.text is not None:
            notes += ["only white space differs"] if each.text.blanks_only else []
            note = f" ({'; '.join(notes)})" if notes else ""
            yield f"@@ {path}{note} @@"
            yield from (row.plain() for row in text_rows(each.text, 0, marks=True))
            continue
        if notes:
            yield f"@@ {path} ({notes[0]}) @@"
            continue
        shown = show_content if each.path == "content" else show
        if each.kind != "added":
            yield f"- {path}: {shown(each.before)}"
        if each.kind != "removed":
            yield f"+ {path}: {shown(each.after)}"


def _tail(count: int) -> str:
    noun = "change is" if count == 1 else "changes are"
    return (
        f"**… and {count:,} more {noun} not shown: a comment has no room for more.** "
        "The plan file has them all: `provision show FILE`."
    )
