"""Builds the HTML page of the differences between two environments of the project. The page loads no other file and
runs no script.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from provisioner.core.diagnostic import in_order
from provisioner.core.text.visible import on_one_line
from provisioner.review.render.environments_text import RESPELLED
from provisioner.review.render.html.changes import sign
from provisioner.review.render.html.differences import Anchors, differences_markup, fields_markup
from provisioner.review.render.html.element import NOTHING, Markup, element, join
from provisioner.review.render.html.page import page_head
from provisioner.review.render.messages import message_lines
from provisioner.review.render.plan_text import facts_of
from provisioner.review.view.environments import ComparisonView
from provisioner.review.view.planview import ChangeView, SharedView

#: The largest number of resources for which the differences are unfolded at first.
UNFOLDED = 40


def comparison_html(view: ComparisonView, project: str, made: float) -> str:
    """Returns the comparison of two environments of the project as an HTML page with all differences. `project` is the
    name of the project, and `made` is the present time in seconds since 1970.
    """
    first, second = view.first.environment, view.second.environment
    title = f"{project}: {first} and {second}"
    anchors = {source: f"shared-{number}" for number, each in enumerate(view.shared) for source in each.sources}
    unfolded = len(view.only_first) + len(view.only_second) + len(view.different) <= UNFOLDED
    main = element(
        "main",
        {"id": "main"},
        _messages(view),
        *(_shared(number, each) for number, each in enumerate(view.shared)),
        *(_group(name, group, anchors, unfolded=unfolded) for name, group in view.groups()),
    )
    body = element("body", None, _header(view, title, made), main)
    return "<!DOCTYPE html>\n" + element("html", {"lang": "en"}, page_head(on_one_line(title)), body)


def _header(view: ComparisonView, title: str, made: float) -> Markup:
    time = datetime.fromtimestamp(made, UTC)
    stamp = element("time", {"datetime": time.isoformat(timespec="seconds")}, f"{time:%Y-%m-%d %H:%M} UTC")
    facts = element("ul", {"class": "about"}, element("li", None, "Made ", stamp))
    sentence = element("p", {"class": "sentence"}, on_one_line(view.summary()))
    return element("header", None, element("h1", None, on_one_line(title)), facts, sentence)


def _messages(view: ComparisonView) -> Markup:
    items = [
        element("li", None, element("strong", None, each.severity), " ", on_one_line(" ".join(message_lines(each))))
        for each in in_order(list(view.diagnostics))
    ]
    return element("section", None, element("h2", None, "Messages"), element("ul", None, *items)) if items else NOTHING


def _shared(number: int, view: SharedView) -> Markup:
    names = ", ".join(map(on_one_line, view.sources))
    users = ", ".join(on_one_line(str(each)) for each in view.addresses)
    head = element("h2", {"id": f"shared-{number}"}, "Different once for several: ", element("code", None, names))
    note = element("p", {"class": "note"}, f"In {users}.")
    return element("section", None, head, note, differences_markup(view.differences, {}))


def _group(title: str, views: tuple[ChangeView, ...], anchors: Anchors, *, unfolded: bool) -> Markup:
    parts = [_resource(each, anchors, unfolded=unfolded) for each in views]
    count = element("span", {"class": "count"}, f"{len(views):,}")
    return element("section", {"class": "kind"}, element("h2", None, on_one_line(title), " ", count), *parts)


def _resource(view: ChangeView, anchors: Anchors, *, unfolded: bool) -> Markup:
    change = view.change
    facts = facts_of(change)
    name = element("code", {"class": "address"}, on_one_line(str(change.address)))
    shown = element("span", {"class": "facts"}, on_one_line(facts)) if facts else NOTHING
    head = element("summary", None, sign(change.action), " ", name, " ", shown)
    opened = unfolded and view.compares
    attributes = {"class": "change", "data-action": change.action.value, "open": opened}
    return element("details", attributes, head, element("div", {"class": "body"}, join(_body(view, anchors))))


def _body(view: ChangeView, anchors: Anchors) -> Iterator[Markup]:
    if view.respelled:
        yield element("p", {"class": "note"}, RESPELLED)
    yield differences_markup(view.differences, anchors) if view.compares else fields_markup(view.differences)
