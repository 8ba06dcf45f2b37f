"""Renders the navigation of the HTML page: links to the changes, and filters. The filters are visible only if the
browser runs scripts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from provisioner.core.text.visible import on_one_line
from provisioner.review.render.html.changes import Numbered, sign
from provisioner.review.render.html.element import NOTHING, Markup, element
from provisioner.review.render.html.selection import Group, Selection
from provisioner.review.render.style import SYMBOLS

#: The largest number of links to changes of one kind. Further changes can be found by scrolling and by the filters.
LINKS = 40


def contents(selection: Selection) -> Markup:
    """Returns an HTML element with links to the changes, grouped by the kind of resource. The result is empty if there
    are no changes.
    """
    if not selection.groups:
        return NOTHING
    rows = [element("li", None, *_row(group)) for group in selection.groups]
    return element("nav", {"aria-label": "Changes by kind"}, element("ul", {"class": "contents"}, *rows))


def filters(selection: Selection) -> Markup:
    """Returns an HTML element with which the reader filters the changes. It contains buttons for kinds and actions, a
    field for addresses, and a line that says how many changes are shown. The result is empty if there are no changes.
    """
    if not selection.groups:
        return NOTHING
    actions = Counter(each.change.action for each in selection.listed)
    by_kind = [_button("kind", group.kind, group.title, len(group.changes)) for group in selection.groups]
    by_action = [
        _button("action", each.value, each.value.capitalize(), actions[each]) for each in SYMBOLS if actions[each]
    ]
    return element(
        "section",
        {"id": "filters", "aria-label": "Filters", "hidden": True},
        _group("Kind", by_kind),
        _group("Action", by_action),
        _search(),
        _commands(),
        element("p", {"id": "shown", "role": "status"}),
    )


def _row(group: Group) -> Iterator[Markup]:
    yield element("a", {"class": "title", "href": f"#{group.anchor}"}, group.title)
    links = [_link(each) for each in group.changes[:LINKS]]
    if len(group.changes) > LINKS:
        links.append(element("li", {"class": "more"}, f"and {len(group.changes) - LINKS:,} more"))
    yield element("ul", None, *links)


def _link(each: Numbered) -> Markup:
    action = each.change.action
    heard = element("span", {"class": "unseen"}, action.value)
    link = element("a", {"href": f"#change-{each.number}"}, on_one_line(each.change.address.name), " ", heard)
    return element("li", {"data-action": action.value}, sign(action), " ", link)


def _group(title: str, buttons: list[Markup]) -> Markup:
    return element("fieldset", None, element("legend", None, title), *buttons)


def _button(what: str, value: str, title: str, count: int) -> Markup:
    attributes = {"type": "button", "aria-pressed": "false", f"data-only-{what}": value}
    return element("button", attributes, title, " ", element("span", {"class": "count"}, f"{count:,}"))


def _search() -> Markup:
    label = element("label", {"for": "address-filter"}, "Address contains")
    field = {"type": "search", "id": "address-filter", "autocomplete": "off", "spellcheck": "false"}
    return element("div", {"class": "search"}, label, " ", element("input", field))


def _commands() -> Markup:
    titles = {"show-all": "Show all", "unfold-all": "Unfold all", "fold-all": "Fold all"}
    buttons = [element("button", {"type": "button", "id": name}, title) for name, title in titles.items()]
    return element("div", {"class": "commands"}, *buttons)
