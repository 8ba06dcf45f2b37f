"""One change: folded, it says what happens to which address and why; unfolded, what differs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from provisioner.plan import Action, Change
from provisioner.render.html.differences import Anchors, differences_markup, fields_markup
from provisioner.render.html.element import NOTHING, Markup, element, join
from provisioner.render.html.room import Room
from provisioner.render.plan_text import facts_of, reasons_of
from provisioner.render.style import SYMBOLS
from provisioner.view.planview import ChangeView
from provisioner.view.visible import on_one_line

#: Letters of an address, a reason and other words that are shown.
WORDS = 300


@dataclass(frozen=True, slots=True)
class Numbered:
    """A change and its number in the plan, from 1: `#change-1` on the page."""

    number: int
    view: ChangeView

    @property
    def change(self) -> Change:
        """What would be done."""
        return self.view.change


def clip(text: str) -> str:
    """The text on one line; of a very long one the beginning, and how much there is after it."""
    if len(text) <= WORDS:
        return on_one_line(text)
    return f"{on_one_line(text[:WORDS])} … {len(text) - WORDS:,} letters"


def sign(action: Action) -> Markup:
    """The action's sign: seen, not heard, for the action's name stands beside it."""
    return element("span", {"class": "sign", "aria-hidden": "true"}, SYMBOLS[action][0])


def bare_change(each: Numbered) -> Markup:
    """The change without what differs, and without why."""
    return element("div", _attributes(each), _name(each.change))


def whole_change(each: Numbered, anchors: Anchors, letters: int, *, unfolded: bool) -> Markup:
    """The change with what differs, up to a number of letters. `unfolded` is for those of what is there already."""
    body = join(_body(each.view, anchors, Room(letters)))
    if not body:
        return element("div", _attributes(each), _head(each.change))
    head = element("summary", None, _head(each.change))
    opened = unfolded and each.change.action in (Action.UPDATE, Action.REPLACE)
    attributes = {**_attributes(each), "open": opened}
    return element("details", attributes, head, element("div", {"class": "body"}, body))


def _body(view: ChangeView, anchors: Anchors, room: Room) -> Iterator[Markup]:
    change = view.change
    reasons = reasons_of(change)
    if sum(map(len, reasons)) > WORDS:
        yield element("ul", {"class": "reasons"}, *(element("li", None, clip(reason)) for reason in reasons[:WORDS]))
    if change.id is not None:
        yield element("p", {"class": "note"}, "Acts on ", element("code", None, clip(change.id)), ".")
    if view.respelled:
        yield element("p", {"class": "note"}, "Two APIs spell it in two ways: only what both say is compared.")
    if change.before is None or change.after is None:
        yield fields_markup(view.differences, room)
    else:
        yield differences_markup(view.differences, room, anchors)


def _attributes(each: Numbered) -> dict[str, str | bool]:
    return {"id": f"change-{each.number}", "class": "change", "data-action": each.change.action.value}


def _head(change: Change) -> Markup:
    """What is seen of a folded change: sign, address, action, facts, and why."""
    facts, why = facts_of(change), "; ".join(reasons_of(change))
    parts = [
        _name(change),
        element("span", {"class": "facts"}, clip(facts)) if facts else NOTHING,
        element("span", {"class": "why"}, clip(why)) if why else NOTHING,
    ]
    return join((part for part in parts if part), " ")


def _name(change: Change) -> Markup:
    action = element("span", {"class": "action"}, sign(change.action), " ", change.action.value)
    return join((action, " ", element("code", {"class": "address"}, clip(str(change.address)))))
