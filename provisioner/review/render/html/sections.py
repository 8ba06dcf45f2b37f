"""Renders the sections of the HTML page before the changes: costs, messages, drift (changes that were made outside of
provision), and the changes of instructions and tools that several assistants use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from provisioner.core.address import Address
from provisioner.core.diagnostic import SEVERITIES, Diagnostic, in_order
from provisioner.core.text.visible import on_one_line
from provisioner.planning.plan import Plan
from provisioner.review.render.cost_text import cost_lines
from provisioner.review.render.html.differences import Anchors, differences_markup
from provisioner.review.render.html.element import NOTHING, Markup, element, join
from provisioner.review.render.html.size_budget import Budget, counted, left_out_note
from provisioner.review.render.messages import message_lines
from provisioner.review.render.plan_text import drift_fact, drift_leaves
from provisioner.review.view.planview import DriftView, PlanView, SharedView

#: The largest number of bytes of the messages, and of the costs.
MOST = 600_000
#: The largest number of assistants that are named for a change of shared instructions or tools.
ADDRESSES = 50
CODE = re.compile(r"`([^`]+)`")

#: The number of an address's change in the plan, by the address.
Numbers = Mapping[Address, int]


def costs_section(plan: Plan, budget: Budget) -> Markup:
    """Returns the section with the estimated costs of the plan's vector stores, containers and tools. The size of the
    section is limited by `budget`. The result is empty if the plan has no estimate.
    """
    if plan.cost is None:
        return NOTHING
    head, *lines = cost_lines(plan.cost)
    taken, left_out = budget.take_all(lines, _cost, MOST)
    first = element("p", None, on_one_line(head))
    shown = element("ul", {"class": "costs"}, *taken) if taken else NOTHING
    return _section("costs", "Costs", "div", [first, shown], _note(left_out, "line"))


def _cost(line: str) -> Markup:
    """Returns the HTML list item with one line of the estimated costs. If the line contains details of the line before
    it, the item gets the class `part`, which the style sheet indents.
    """
    return element("li", {"class": "part"} if line.startswith("    ") else None, on_one_line(line.strip()))


def messages_section(plan: Plan, budget: Budget) -> Markup:
    """Returns the section with the plan's diagnostics: errors, messages that block the plan, warnings and notes. The
    size of the section is limited by `budget`.
    """
    found = in_order(list(plan.diagnostics))
    ordered = [each for severity in SEVERITIES for each in found if each.severity == severity]
    taken, left_out = budget.take_all(ordered, _message, MOST)
    return _section("messages", "Messages", "ul", taken, _note(left_out, "message"))


def drift_section(view: PlanView) -> Markup:
    """Returns the section with the drift: the changes that were made outside of provision after provision last wrote
    the objects.
    """
    return _section("drift", "Changed outside of provision", "ul", [_drift(each) for each in view.drift], NOTHING)


def shared_section(view: PlanView) -> tuple[Markup, Anchors]:
    """Returns two values. The first is the section with the changes of instructions and tools that several assistants
    use. The second maps the addresses of these instructions and tools to the anchors of their changes on the page.
    """
    # The first change of an address counts: a later one deletes the object that it replaced.
    numbers = {each.change.address: number for number, each in reversed(list(enumerate(view.changes, start=1)))}
    numbered = list(enumerate(view.shared, start=1))
    shown = [_shared(number, each, numbers) for number, each in numbered]
    anchors = {source: f"shared-{number}" for number, each in reversed(numbered) for source in each.sources}
    return _section("shared", "Changed once for several", "div", shown, NOTHING), anchors


def _section(name: str, title: str, kind: str, items: Sequence[Markup], note: Markup) -> Markup:
    if not items and not note:
        return NOTHING
    head = element("h2", {"id": f"{name}-title"}, title)
    shown = element(kind, {"class": name}, *items) if items else NOTHING
    return element("section", {"id": name, "aria-labelledby": f"{name}-title"}, head, shown, note)


def _note(left_out: int, noun: str) -> Markup:
    return left_out_note(counted(left_out, noun)) if left_out else NOTHING


def _message(diagnostic: Diagnostic) -> Markup:
    message = join((join(_with_code(each)) for each in message_lines(diagnostic)), element("br", None))
    place = element("code", {"class": "place"}, on_one_line(str(diagnostic.place))) if diagnostic.place else NOTHING
    parts = (element("strong", None, diagnostic.severity), place, message)
    return element("li", {"class": diagnostic.severity}, join((part for part in parts if part), " "))


def _with_code(text: str) -> Iterator[str]:
    """Yields the pieces of a text as HTML. A piece between backquotes becomes a `code` element."""
    for position, piece in enumerate(CODE.split(text)):
        yield element("code", None, piece) if position % 2 else piece


def _drift(view: DriftView) -> Markup:
    drift = view.drift
    address = element("code", {"class": "address"}, on_one_line(str(drift.address)))
    undone = element("strong", {"class": "undone"}, "this plan would undo it") if drift.overwritten else NOTHING
    parts = (address, element("span", None, on_one_line(drift_fact(view))), undone)
    line = element("div", None, join((part for part in parts if part), " "))
    return element("li", None, line, differences_markup(drift_leaves(view), {}))


def _shared(number: int, view: SharedView, numbers: Numbers) -> Markup:
    sources = join((element("code", {"class": "address"}, on_one_line(source)) for source in view.sources), ", ")
    title = element("h3", {"id": f"shared-{number}"}, sources)
    users = join(_users(view.addresses, numbers), ", ")
    body = differences_markup(view.differences, {})
    return element(
        "article",
        {"aria-labelledby": f"shared-{number}"},
        title,
        element("p", {"class": "note"}, "In ", users, "."),
        body,
    )


def _users(addresses: Iterable[Address], numbers: Numbers) -> Iterator[Markup]:
    all_of_them = list(addresses)
    for address in all_of_them[:ADDRESSES]:
        code = element("code", None, on_one_line(str(address)))
        yield element("a", {"href": f"#change-{numbers[address]}"}, code)
    if len(all_of_them) > ADDRESSES:
        yield join((f"and {len(all_of_them) - ADDRESSES:,} more",))
