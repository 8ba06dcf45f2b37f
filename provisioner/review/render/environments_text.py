"""Renders the differences between two environments of the project as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.core.diagnostic import in_order
from provisioner.core.text.visible import on_one_line
from provisioner.review.render.difference import difference_rows
from provisioner.review.render.plan_text import NAMED, diagnostic_rows, facts_of, listed
from provisioner.review.render.rows import EMPTY, Row, Span, rows_text
from provisioner.review.render.style import SYMBOLS, Style
from provisioner.review.view.environments import ComparisonView
from provisioner.review.view.planview import ChangeView

#: What is said of a resource that is on another target in each environment.
RESPELLED = "its two APIs name fields differently: values that only one of them has are shown as added or removed"


def comparison_text(view: ComparisonView, style: Style) -> str:
    """Returns the comparison of two environments of the project as text. It contains all differences, the messages, and
    a line with the number of resources that differ.
    """
    return rows_text(_rows(view, marks=not style.enabled), style)


def _rows(view: ComparisonView, *, marks: bool) -> Iterator[Row]:
    if view.shared:
        yield Row.of(0, Span("Different once for several:", "bold"))
        for shared in view.shared:
            names, users = ([on_one_line(str(each)) for each in side] for side in (shared.sources, shared.addresses))
            named = listed(users[:NAMED], len(users))
            yield Row.of(2, Span(listed(names[:NAMED], len(names)), "bold"), f", in {named}")
            yield from difference_rows(shared.differences, 6, marks=marks)
        yield EMPTY
    for title, group in view.groups():
        yield Row.of(0, Span(f"{on_one_line(title)}:", "bold"))
        for each in group:
            yield from _resource(each, marks=marks)
        yield EMPTY
    if found := in_order(list(view.diagnostics)):
        for diagnostic in found:
            yield from diagnostic_rows(diagnostic)
        yield EMPTY
    yield Row.of(0, on_one_line(view.summary()))


def _resource(view: ChangeView, *, marks: bool) -> Iterator[Row]:
    sign, colour = SYMBOLS[view.change.action]
    facts = facts_of(view.change)
    name = Span(on_one_line(str(view.change.address)), "bold")
    yield Row.of(2, Span(sign, colour), " ", name, f" ({on_one_line(facts)})" if facts else "")
    if view.respelled:
        yield Row.of(6, Span(RESPELLED, "dim"))
    if view.compares:
        yield from difference_rows(view.differences, 6, marks=marks)
