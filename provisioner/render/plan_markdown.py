"""A plan for a comment on a pull request: the headline, what is wrong, and every change, folded.

GitHub takes 65,536 characters. What does not fit is left out from the end, where the least important stands, and it is
said what. Everything that people wrote stands in code, so nothing of it is markup, a mention or a link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from provisioner.address import Address
from provisioner.diagnostic import Diagnostic, in_order
from provisioner.plan import Action, Plan
from provisioner.redaction import redact
from provisioner.render.cost_text import cost_lines
from provisioner.render.difference import show, show_content, text_rows
from provisioner.render.markdown import code, fence, folded, html_code
from provisioner.render.plan_text import NAMED, drift_line, facts_of, listed, reasons_of, summary_line
from provisioner.render.style import SYMBOLS
from provisioner.view.difference import Difference
from provisioner.view.planview import ChangeView, DriftView, PlanView, SharedView, view_plan
from provisioner.view.visible import on_one_line

#: Characters of the whole text, and of one change's block.
MOST, BLOCK = 64_000, 12_000
#: Characters kept for what is said about what is left out.
TAIL = 400
#: What a shared block is given at least, and what stands around its lines.
LEAST, FRAME = 1_000, 160
#: Most important first: what takes something away, then what changes it, then what adds.
ORDER = (Action.DELETE, Action.REPLACE, Action.UPDATE, Action.CREATE, Action.ADOPT, Action.FORGET)
#: These come before what is shared, which only updates have.
URGENT = ORDER[:2]
ICONS = {"error": "❌", "blocked": "⛔", "warning": "⚠️", "info": "ℹ️"}
NOTHING: Mapping[str, set[str]] = MappingProxyType({})

#: What is counted of the changes.
REST = "more change"

#: The sources whose change is shown nowhere, by those that have it and the path.
Hidden = dict[Address, dict[str, set[str]]]


@dataclass(slots=True)
class Page:
    """A text that grows up to a bound. `left_out` counts what did not fit, by what it is."""

    room: int
    parts: list[str]
    left_out: Counter[str] = field(default_factory=Counter)

    def add(self, *choices: str, keep: int = 0) -> bool:
        """Adds the first of several forms that fits, with `keep` characters to spare; says whether one did."""
        for text in choices:
            if len(text) + 2 <= self.room - keep:
                self.parts.append(text)
                self.room -= len(text) + 2
                return True
        return False

    def demand(self, what: str, *choices: str, keep: int = 0) -> None:
        """The same; where no form fits, it is counted."""
        if not self.add(*choices, keep=keep):
            self.left_out[what] += 1


def plan_markdown(plan: Plan, *, title: str = "") -> str:
    """The plan, at most 65,000 characters. `title` says whose it is: project and environment."""
    view = view_plan(plan)
    page = Page(MOST - TAIL, [])
    head = f"### {_sign(view)} provision plan"
    page.add(f"{head}: {code(title)}" if title else head, head)
    page.add(f"**{summary_line(plan)}**")
    _add_listed(page, [_diagnostic(each) for each in in_order(list(plan.diagnostics))], "message")
    _add_drift(page, view.drift, plan)
    urgent = [each for each in view.changes if each.change.action in URGENT]
    _add_changes(page, urgent, {})
    hidden = _add_shared(page, view.shared)
    if plan.cost is not None:
        first, *lines = cost_lines(plan.cost)
        whole = folded(html_code(first), fence(map(on_one_line, lines), "text")) if lines else code(first)
        page.demand("estimate of costs", whole, f"{code(first)} (not shown here)")
    _add_changes(page, [each for each in view.changes if each.change.action not in URGENT], hidden)
    page.parts += _tail(page.left_out)
    return "\n\n".join(page.parts) + "\n"


def _sign(view: PlanView) -> str:
    if view.plan.errors():
        return ICONS["error"]
    if view.plan.blockers():
        return ICONS["blocked"]
    return "📝" if view.plan.changes else "✅"


def _diagnostic(diagnostic: Diagnostic) -> str:
    place = f" {code(str(diagnostic.place))}" if diagnostic.place else ""
    return f"- {ICONS[diagnostic.severity]} **{diagnostic.severity}**{place} {code(redact(diagnostic.message))}"


def _add_listed(page: Page, lines: Sequence[str], what: str) -> None:
    """Adds a list; of a very long one, the beginning, within a third of the room."""
    kept: list[str] = []
    room = page.room // 3
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append(f"- … and {_count(len(lines) - len(kept), f'more {what}')}")
            break
        kept.append(line)
    if kept:
        page.add("\n".join(kept))


def _add_drift(page: Page, views: Sequence[DriftView], plan: Plan) -> None:
    """What others changed: a list of what fits on lines, then texts in hunks, within a third of the room."""
    if not views:
        return
    page.add("**Changed outside of provision:**")
    lines, texts = ([each for each in views if _has_text(each) is wanted] for wanted in (False, True))
    _add_listed(page, [f"- {code(drift_line(each.drift, plan))}" for each in lines], "drifted field")
    keep = page.room * 2 // 3
    for each in texts:
        line = drift_line(each.drift, plan)
        whole = folded(html_code(line), _block(each.differences), opened=True)
        page.demand("more drifted field", whole, f"- {code(line)} (not shown here)", keep=keep)


def _has_text(view: DriftView) -> bool:
    return any(each.text is not None for each in view.differences)


def _add_shared(page: Page, views: Sequence[SharedView]) -> Hidden:
    """What changed once for several, within three quarters of the room. Returns what found no place.

    Where not all of it fits, each gets the same room, and is cut.
    """
    hidden: Hidden = {}
    keep = page.room // 4
    whole = [_shared(each, BLOCK) for each in views]
    fits = sum(len(text) + 2 for text in whole) <= page.room - keep
    for index, (view, text) in enumerate(zip(views, whole, strict=True)):
        share = max(LEAST, (page.room - keep) // (len(views) - index))
        cut = _shared(view, max(0, share - len(_users(view)) - FRAME))
        if page.add(*([text] if fits else [text, cut] if len(text) <= share else [cut]), keep=keep):
            continue
        for address in view.addresses:
            for difference in view.differences:
                hidden.setdefault(address, {}).setdefault(difference.path, set()).update(view.sources)
        page.demand("shared change", f"- {_users(view, code)} (not shown here)", keep=keep // 2)
    return hidden


def _shared(view: SharedView, room: int) -> str:
    return folded(_users(view), _block(view.differences, room=room), opened=True)


def _users(view: SharedView, spell: Callable[[str], str] = html_code) -> str:
    """Which sources changed, and in what; of many, the first. Outside of an HTML block, `spell` must be `code`."""
    sources, users = ([spell(str(each)) for each in names[:NAMED]] for names in (view.sources, view.addresses))
    return f"{listed(sources, len(view.sources))} changed, in {listed(users, len(view.addresses))}"


def _add_changes(page: Page, views: Iterable[ChangeView], hidden: Hidden) -> None:
    """Adds them, most important first. After the first without room the others are only counted."""
    for each in sorted(views, key=lambda view: ORDER.index(view.change.action)):
        if page.left_out[REST] or not page.add(*_forms(each, hidden)):
            page.left_out[REST] += 1


def _forms(view: ChangeView, hidden: Hidden) -> Iterator[str]:
    """A change's block, or where there is no room for it, its line."""
    change = view.change
    facts = facts_of(change)
    sign = SYMBOLS[change.action][0]
    # Markdown is not read in the block of HTML that a summary is, and is read within <code> on any other line.
    head, short = (
        f"{spell(str(change.address))} {change.action.value}{f' ({spell(facts)})' if facts else ''}"
        for spell in (html_code, code)
    )
    reasons = "\n".join(f"- {code(reason)}" for reason in reasons_of(change))
    body = _block(view.differences, hidden.get(change.address, NOTHING))
    parts = [part for part in (reasons, body) if part]
    if parts:
        yield folded(f"{sign} {head}", "\n\n".join(parts), opened=change.action is Action.UPDATE)
    # A line that began with the bare sign would be read as an item of a list.
    yield f"{code(sign)} {short}{' (the rest is not shown here)' if parts else ''}<br>"


def _block(differences: Iterable[Difference], hidden: Mapping[str, set[str]] = NOTHING, room: int = BLOCK) -> str:
    """The leaves as lines of a diff, up to a bound."""
    kept: list[str] = []
    for line in _lines(differences, hidden):
        if len(line) + 1 > room:
            kept.append("… the rest is not shown here: `provision show FILE` has it")
            break
        kept.append(line)
        room -= len(line) + 1
    return fence(kept) if kept else ""


def _lines(differences: Iterable[Difference], hidden: Mapping[str, set[str]]) -> Iterator[str]:
    for each in differences:
        path = on_one_line(each.path)
        notes = list(_places(each.shared_with, hidden.get(each.path, set())))
        if each.text is not None:
            notes += ["only white space differs"] if each.text.blanks_only else []
            note = f" ({'; '.join(notes)})" if notes else ""
            yield f"@@ {path}{note} @@"
            yield from (row.plain() for row in text_rows(each.text, 0, marks=True))
            continue
        if notes:
            yield f"@@ {path} ({'; '.join(notes)}) @@"
            continue
        shown = show_content if each.path == "content" else show
        if each.kind != "added":
            yield f"- {path}: {shown(each.before)}"
        if each.kind != "removed":
            yield f"+ {path}: {shown(each.after)}"


def _places(sources: Sequence[str], hidden: set[str]) -> Iterator[str]:
    """Where the rest of a change is shown, if it is."""
    above, nowhere = ([each for each in sources if (each in hidden) is wanted] for wanted in (False, True))
    if above:
        yield f"changed with {on_one_line(listed(above[:NAMED], len(above)))}, shown above"
    if nowhere:
        yield f"changed with {on_one_line(listed(nowhere[:NAMED], len(nowhere)))}, not shown here"


def _tail(left_out: Mapping[str, int]) -> Iterator[str]:
    """What is left out, each kind counted."""
    ordered = sorted(left_out.items(), key=lambda item: item[0] == REST)
    parts = [_count(count, what) for what, count in ordered if count]
    if parts:
        verb = "is" if sum(left_out.values()) == 1 else "are"
        yield (
            f"**… and {listed(parts, len(parts))} {verb} not shown: a comment has no room for more.** "
            "The plan file has them all: `provision show FILE`."
        )


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
