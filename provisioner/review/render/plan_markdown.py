"""Renders a plan as Markdown for a comment on a pull request: the summary, the diagnostics, and every change in a
foldable block.

GitHub accepts at most 65,536 characters in a comment. If the plan is longer, its end is left out; the changes are
sorted so that the least important ones are at the end. A line at the top says how many changed characters are not
shown. Every text that people wrote is shown as code, so that no part of it becomes markup, a mention or a link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic, in_order
from provisioner.core.text.visible import on_one_line
from provisioner.planning.plan import Action, Plan
from provisioner.review.render.cost_text import cost_lines
from provisioner.review.render.diff_block import block
from provisioner.review.render.difference import changed_characters
from provisioner.review.render.filegroups import reasons_of
from provisioner.review.render.markdown import code, fence, folded, html_code
from provisioner.review.render.messages import message_lines
from provisioner.review.render.plan_text import (
    NAMED,
    drift_leaves,
    drift_line,
    facts_of,
    listed,
    summary_line,
    unchanged_line,
)
from provisioner.review.render.style import SYMBOLS
from provisioner.review.view.planview import ChangeView, DriftView, PlanView, SharedView
from provisioner.review.view.shortening import view_with_short_marked

#: The largest number of characters of the whole text, and of one change's block in a text of this length.
MOST, BLOCK = 64_000, 12_000
#: The number of characters reserved for the notes at the top and at the end, which say how much is left out.
TAIL = 1_000
#: The smallest number of characters for a block, and the number of characters around the lines of a block.
LEAST, FRAME = 1_000, 160
#: The actions in the order of importance: deletions, then updates, then additions.
ORDER = (Action.DELETE, Action.REPLACE, Action.UPDATE, Action.CREATE, Action.ADOPT, Action.FORGET)
#: The actions whose changes are shown before the changes of shared instructions and tools. Only updates have shared
#: changes.
URGENT = ORDER[:2]
ICONS = {"error": "❌", "blocked": "⛔", "warning": "⚠️", "info": "ℹ️"}
NOTHING: Mapping[str, set[str]] = MappingProxyType({})

#: The noun with which the changes that do not fit are counted.
REST = "more change"

#: The addresses of the shared instructions and tools whose change is not shown, by the address of an assistant and the
#: path of a field of this assistant.
Hidden = dict[Address, dict[str, set[str]]]


class Form(Struct, frozen=True):
    """A text that can show an item of the plan, such as a change. There are several such texts for each item, from the
    longest to the shortest. `hidden` is the number of changed characters that this text does not show.
    """

    text: str
    hidden: int = 0


class LimitedText(Struct):
    """A text of limited length. `space` is the number of characters that are still free. `block` is the largest number
    of characters for the differences of one change.

    `left_out` maps a noun for items of the plan, such as `shared change`, to the number of items that did not fit.
    `hidden` is the number of changed characters that are not shown.
    """

    space: int
    block: int
    parts: list[str] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    hidden: int = 0

    def add(self, *choices: Form, keep: int = 0) -> bool:
        """Adds the first text in `choices` that leaves at least `keep` characters of space free. Returns whether a text
        was added; if none of them fits, nothing is added.
        """
        for form in choices:
            if len(form.text) + 2 <= self.space - keep:
                self.parts.append(form.text)
                self.space -= len(form.text) + 2
                self.hidden += form.hidden
                return True
        return False

    def demand(self, what: str, *choices: Form, hidden: int = 0, keep: int = 0) -> None:
        """Adds the first text in `choices` that fits and leaves at least `keep` characters of space free. If none of
        them fits, one item is counted as left out under the noun `what`, and its changed characters (`hidden`) are
        counted as not shown.
        """
        if not self.add(*choices, keep=keep):
            self.left_out[what] += 1
            self.hidden += hidden


def plan_markdown(plan: Plan, *, title: str = "", most: int = MOST) -> str:
    """Returns the plan as Markdown. The text has at most 1,000 characters more than `most`. `title` contains the names
    of the project and its environment.

    If a part of the plan is not shown, a line at the top says how many changed characters are missing, and which
    command shows them.
    """
    view = view_with_short_marked(plan)
    found = [each.differences for each in view.changes] + [each.differences for each in view.shared]
    changed = sum(map(changed_characters, found + [each.differences for each in view.drift]))
    if changed <= most // 2:
        page = _page(view, title, most, most)
        if not page.hidden and not page.left_out:
            return "\n\n".join(page.parts) + "\n"
    blocks = max(1, len(view.changes) + len(view.shared))
    page = _page(view, title, most, max(BLOCK * most // MOST, most * 2 // 3 // blocks))
    if page.hidden:
        page.parts.insert(2, _notice(page.hidden, changed))
    page.parts += _tail(page.left_out)
    return "\n\n".join(page.parts) + "\n"


def _page(view: PlanView, title: str, most: int, block: int) -> LimitedText:
    plan, page = view.plan, LimitedText(most - TAIL, block)
    head = f"### {_sign(view)} provision plan"
    page.add(Form(f"{head}: {code(title)}" if title else head), Form(head))
    page.add(Form(f"**{summary_line(plan)}**"))
    _add_listed(page, [Form(_diagnostic(each)) for each in in_order(list(plan.diagnostics))], "message")
    _add_drift(page, view.drift, plan)
    urgent = [each for each in view.changes if each.change.action in URGENT]
    _add_changes(page, urgent, {})
    hidden = _add_shared(page, view.shared)
    if plan.cost is not None:
        first, *lines = cost_lines(plan.cost)
        whole = folded(html_code(first), fence(map(on_one_line, lines), "text")) if lines else code(first)
        page.demand("estimate of costs", Form(whole), Form(f"{code(first)} (not shown here)"))
    _add_changes(page, [each for each in view.changes if each.change.action not in URGENT], hidden)
    return page


def _notice(hidden: int, changed: int) -> str:
    verb = "is" if hidden == 1 else "are"
    return (
        f"**⚠️ {hidden:,} of {_count(changed, 'changed character')} {verb} not shown here.** "
        "`provision show FILE` shows all of the plan file, which in CI is an artifact of the run; "
        "the job's summary can hold more than a comment."
    )


def _sign(view: PlanView) -> str:
    if view.plan.errors():
        return ICONS["error"]
    if view.plan.blockers():
        return ICONS["blocked"]
    return "📝" if view.plan.changes else "✅"


def _diagnostic(diagnostic: Diagnostic) -> str:
    place = f" {code(str(diagnostic.place))}" if diagnostic.place else ""
    first, *more = message_lines(diagnostic)
    listed = "".join(f"\n  - {code(each.strip())}" for each in more)
    return f"- {ICONS[diagnostic.severity]} **{diagnostic.severity}**{place} {code(first)}{listed}"


def _add_listed(page: LimitedText, lines: Sequence[Form], what: str) -> None:
    """Adds the lines of a list to `page`. They use at most a third of the free space. If the list is too long, its last
    line says how many items are left out; `what` is the noun for the items.
    """
    kept: list[str] = []
    hidden, space = 0, page.space // 3
    for index, line in enumerate(lines):
        space -= len(line.text) + 1
        if space < 0:
            kept.append(f"- … and {_count(len(lines) - index, f'more {what}')}")
            hidden += sum(each.hidden for each in lines[index:])
            break
        kept.append(line.text)
    if kept and not page.add(Form("\n".join(kept), hidden)):
        page.hidden += sum(each.hidden for each in lines)


def _add_drift(page: LimitedText, views: Sequence[DriftView], plan: Plan) -> None:
    """Adds the changes that were made outside of provision to `page`: first those that fit on one line each, then all
    others. Each of these two groups uses at most a third of the space that is free when the group begins.
    """
    if not views:
        return
    page.add(Form("**Changed outside of provision:**"))
    lines, blocks = ([each for each in views if bool(drift_leaves(each)) is wanted] for wanted in (False, True))
    said = [Form(f"- {code(drift_line(each, plan))}", changed_characters(each.differences)) for each in lines]
    _add_listed(page, said, "drifted field")
    keep = page.space * 2 // 3
    for each in blocks:
        line, hidden = drift_line(each, plan), changed_characters(each.differences)
        body = block(each.differences, page.block)
        whole = Form(folded(html_code(line), body.text, opened=True), body.hidden)
        short = Form(f"- {code(line)} (not shown here)", hidden)
        page.demand("more drifted field", whole, short, hidden=hidden, keep=keep)


def _add_shared(page: LimitedText, views: Sequence[SharedView]) -> Hidden:
    """Adds the changes of instructions and tools that several assistants use to `page`. Their texts use at most three
    quarters of the free space. If they do not all fit, each gets an equal share of this space, and is cut off at the
    end of its share. A line that only names a change which did not fit may use half of the remaining quarter.

    Returns the addresses of the instructions and tools whose changes did not fit, keyed by the assistant's address and
    then by the path of the field.
    """
    hidden: Hidden = {}
    keep = page.space // 4
    whole = [_shared(each, page.block) for each in views]
    fits = sum(len(form.text) + 2 for form in whole) <= page.space - keep
    for index, (view, form) in enumerate(zip(views, whole, strict=True)):
        share = max(LEAST, (page.space - keep) // (len(views) - index))
        cut = _shared(view, max(0, share - len(_users(view)) - FRAME))
        if page.add(*([form] if fits else [form, cut] if len(form.text) <= share else [cut]), keep=keep):
            continue
        for address in view.addresses:
            for difference in view.differences:
                hidden.setdefault(address, {}).setdefault(difference.path, set()).update(view.sources)
        changed = changed_characters(view.differences)
        short = Form(f"- {_users(view, code)} (not shown here)", changed)
        page.demand("shared change", short, hidden=changed, keep=keep // 2)
    return hidden


def _shared(view: SharedView, space: int) -> Form:
    body = block(view.differences, space)
    return Form(folded(_users(view), body.text, opened=True), body.hidden)


def _users(view: SharedView, spell: Callable[[str], str] = html_code) -> str:
    """Returns a text that lists the changed instructions or tools, and the assistants that use them. If there are many,
    only some are named. The function `spell` writes a name as code: `html_code` for HTML, and `code` for Markdown.
    """
    sources, users = ([spell(str(each)) for each in names[:NAMED]] for names in (view.sources, view.addresses))
    return f"{listed(sources, len(view.sources))} changed, in {listed(users, len(view.addresses))}"


def _add_changes(page: LimitedText, views: Iterable[ChangeView], hidden: Hidden) -> None:
    """Adds the changes to `page`, with the most important changes first. If one change does not fit, this change and
    all later ones are only counted. `hidden` contains the addresses of instructions and tools whose changes several
    assistants share and which are not shown, keyed by the assistant's address and then by the path of the field.
    """
    for each in sorted(views, key=lambda view: ORDER.index(view.change.action)):
        if page.left_out[REST] or not any(page.add(form) for form in _forms(each, hidden, page)):
            page.left_out[REST] += 1
            page.hidden += changed_characters(each.differences)


def _forms(view: ChangeView, hidden: Hidden, page: LimitedText) -> Iterator[Form]:
    """Yields the texts that can show a change, with the longest text first. The first is a block with all differences.
    The next is a block that is cut off where the free space ends. The last is a single line without differences.

    `hidden` contains the addresses of the instructions and tools whose changes are not shown, keyed by the assistant's
    address and then by the path of the field. The text of the change says that they are not shown.
    """
    change = view.change
    facts = facts_of(change)
    sign = SYMBOLS[change.action][0]
    # Markdown is not interpreted in the HTML block of a summary, but it is within <code> on any other line.
    head, short = (
        f"{spell(str(change.address))} {change.action.value}{f' ({spell(facts)})' if facts else ''}"
        for spell in (html_code, code)
    )
    unchanged = unchanged_line(view)
    notes = [*reasons_of(change), *([unchanged] if unchanged else [])]
    reasons = "\n".join(f"- {code(note)}" for note in notes)
    if reasons or view.differences:
        for space in (page.block, page.space - len(head) - len(reasons) - FRAME):
            body = block(view.differences, space, hidden.get(change.address, NOTHING))
            parts = [part for part in (reasons, body.text) if part]
            opened = change.action is Action.UPDATE
            yield Form(folded(f"{sign} {head}", "\n\n".join(parts), opened=opened), body.hidden)
            if page.space < LEAST:
                break
    # A line that begins with the bare sign would be an item of a list.
    note = " (the rest is not shown here)" if reasons or view.differences else ""
    yield Form(f"{code(sign)} {short}{note}<br>", changed_characters(view.differences))


def _tail(left_out: Mapping[str, int]) -> Iterator[str]:
    """Yields a line that says how many items are left out. `left_out` maps a noun to a number of items. Yields nothing
    if no item is left out.
    """
    ordered = sorted(left_out.items(), key=lambda item: item[0] == REST)
    parts = [_count(count, what) for what, count in ordered if count]
    if parts:
        verb = "is" if sum(left_out.values()) == 1 else "are"
        yield (
            f"**… and {listed(parts, len(parts))} {verb} not shown: a comment cannot hold more.** "
            "The plan file has them all: `provision show FILE`."
        )


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
