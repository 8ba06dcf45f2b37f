"""Renders the section of the HTML page that shows the graph of a plan. The section contains the picture that `provision
graph` also draws, and a description of the graph in words.
"""

from __future__ import annotations

from provisioner.core.text.visible import on_one_line
from provisioner.planning.plan import Plan
from provisioner.review.render.graph import Drawing, count_missing, draw_plan, fold, sentences, svg
from provisioner.review.render.html.element import NOTHING, Markup, element, join
from provisioner.review.render.html.size_budget import Budget, counted

#: The largest number of nodes in a readable picture, and the largest number of bytes of the picture with its
#: description.
NODES, MOST = 250, 400_000


def graph_section(plan: Plan, budget: Budget) -> Markup:
    """Returns the section with the picture of the graph and its description in words. The result is empty if no
    resource needs another one. If the picture does not fit into `budget`, or has too many nodes or edges, a note with
    the command that draws it is shown instead.
    """
    drawing = fold(draw_plan(plan))
    if not drawing.edges:
        return NOTHING
    fits = len(drawing.nodes) <= NODES and not count_missing(drawing)
    taken, _ = budget.take_all([drawing] if fits else [], _picture, MOST)
    head = element("h2", {"id": "graph-title"}, "What needs what")
    return element("section", {"id": "graph", "aria-labelledby": "graph-title"}, head, *(taken or [_note(drawing)]))


def _picture(drawing: Drawing) -> Markup:
    # It may be wider than the window, so it can be scrolled with the arrow keys.
    attributes = {"class": "picture", "role": "group", "aria-label": "Picture of what needs what", "tabindex": "0"}
    items = [element("li", None, on_one_line(sentence)) for sentence in sentences(drawing)]
    words = element("details", {"class": "words"}, element("summary", None, "In words"), element("ul", None, *items))
    return join((element("div", attributes, Markup(svg(drawing, standalone=False))), words))


def _note(drawing: Drawing) -> Markup:
    what = f"… a picture of {counted(len(drawing.nodes), 'resource')} is not shown here; "
    return element(
        "p", {"class": "left-out"}, what, element("code", None, "provision graph FILE --format svg"), " draws it"
    )
