"""Renders one change of a plan on the HTML page. The reader can unfold the change. While it is folded, it shows only
its action, address and reasons; unfolded, it also shows its differences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from provisioner.core.text.visible import on_one_line
from provisioner.planning.plan import Action, Change
from provisioner.review.render.filegroups import reasons_of
from provisioner.review.render.html.differences import Anchors, differences_markup, fields_markup
from provisioner.review.render.html.element import NOTHING, Markup, element, join
from provisioner.review.render.plan_text import facts_of, unchanged_line
from provisioner.review.render.style import SYMBOLS
from provisioner.review.view.planview import ChangeView

#: The largest number of characters of all reasons together that are shown on the line of a folded change. Longer
#: reasons are a list inside the change.
WORDS = 300


class Numbered(Struct, frozen=True):
    """A change, with its number in the plan. The numbers begin at 1. Links on the page lead to the anchor `#change-1`
    of change 1.
    """

    number: int
    view: ChangeView

    @property
    def change(self) -> Change:
        """Returns the change of the plan with this number."""
        return self.view.change


def sign(action: Action) -> Markup:
    """Returns the HTML element with the sign of an action. Screen readers skip this element, because the name of the
    action follows it.
    """
    return element("span", {"class": "sign", "aria-hidden": "true"}, SYMBOLS[action][0])


def whole_change(each: Numbered, anchors: Anchors, *, unfolded: bool) -> Markup:
    """Returns the HTML element with a change and all its differences. If `unfolded` is True and the change is an update
    or a replace, the differences are visible at first; otherwise the reader must unfold them. `anchors` maps the
    addresses of instructions and tools that several assistants use to the anchors of their changes on the page.
    """
    body = join(_body(each.view, anchors))
    if not body:
        return element("div", _attributes(each), _head(each.change))
    head = element("summary", None, _head(each.change))
    opened = unfolded and each.change.action in (Action.UPDATE, Action.REPLACE)
    attributes = {**_attributes(each), "open": opened}
    return element("details", attributes, head, element("div", {"class": "body"}, body))


def _body(view: ChangeView, anchors: Anchors) -> Iterator[Markup]:
    change = view.change
    reasons = reasons_of(change)
    if _is_much(reasons):
        yield element("ul", {"class": "reasons"}, *(element("li", None, on_one_line(reason)) for reason in reasons))
    if change.id is not None:
        yield element("p", {"class": "note"}, "Acts on ", element("code", None, on_one_line(change.id)), ".")
    if view.respelled:
        yield element("p", {"class": "note"}, "Two APIs spell it in two ways: only what both say is compared.")
    if change.before is None or change.after is None:
        yield fields_markup(view.differences)
    else:
        yield differences_markup(view.differences, anchors)
    if line := unchanged_line(view):
        yield element("p", {"class": "note"}, f"{line[0].upper()}{line[1:]}.")


def _attributes(each: Numbered) -> dict[str, str | bool]:
    return {"id": f"change-{each.number}", "class": "change", "data-action": each.change.action.value}


def _head(change: Change) -> Markup:
    """Returns the part of a change that is always visible, even before the reader unfolds the change: the sign, the
    action, the address, short facts such as the size, and the reasons.
    """
    facts, reasons = facts_of(change), reasons_of(change)
    why = f"{len(reasons):,} reasons" if _is_much(reasons) else "; ".join(reasons)
    parts = [
        _name(change),
        element("span", {"class": "facts"}, on_one_line(facts)) if facts else NOTHING,
        element("span", {"class": "why"}, on_one_line(why)) if why else NOTHING,
    ]
    return join((part for part in parts if part), " ")


def _is_much(reasons: Sequence[str]) -> bool:
    return sum(map(len, reasons)) > WORDS


def _name(change: Change) -> Markup:
    action = element("span", {"class": "action"}, sign(change.action), " ", change.action.value)
    return join((action, " ", element("code", {"class": "address"}, on_one_line(str(change.address)))))
