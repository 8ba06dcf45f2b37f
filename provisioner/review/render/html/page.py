"""Builds the HTML page of a plan. The page is one file that loads nothing and runs only provision's own script. People
can also read it without scripts.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

from provisioner.core.text.visible import on_one_line
from provisioner.planning.plan import Plan
from provisioner.review.render.graph import STYLE
from provisioner.review.render.html.controls import contents, filters
from provisioner.review.render.html.element import NOTHING, Markup, element, join
from provisioner.review.render.html.heading import Heading, page_header
from provisioner.review.render.html.picture import graph_section
from provisioner.review.render.html.sections import costs_section, drift_section, messages_section, shared_section
from provisioner.review.render.html.selection import changes_section, select
from provisioner.review.render.html.size_budget import Budget
from provisioner.review.view.planview import PlanView
from provisioner.review.view.shortening import shortened_note, view_shortened

#: The largest number of bytes of messages, costs and picture together. All changes are always shown.
MOST = 4_200_000


def plan_html(plan: Plan, heading: Heading) -> str:
    """Returns the plan as an HTML page with all its changes. In a very long plan, the longest texts are shortened, and
    a note names them. Messages, costs and the picture of the graph are limited in size; the page says how much of them
    is left out.
    """
    view = view_shortened(plan)
    body = join((_skip_link(), page_header(plan, heading), _main(view), _footer()))
    script = Markup(_file("page.js"))
    head = page_head(heading.title(), script)
    whole = element("body", None, body, element("script", None, script))
    return "<!DOCTYPE html>\n" + element("html", {"lang": "en"}, head, whole)


def page_head(title: str, script: Markup = NOTHING) -> Markup:
    """Returns the HTML element with the title of the page, the style sheet, and a content security policy. The policy
    allows only this style sheet and `script`, the script of the page.
    """
    style = Markup(_file("page.css") + STYLE)
    return element(
        "head",
        None,
        element("meta", {"charset": "utf-8"}),
        element("meta", {"http-equiv": "Content-Security-Policy", "content": _policy(style, script)}),
        element("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        element("meta", {"name": "color-scheme", "content": "light dark"}),
        element("meta", {"name": "referrer", "content": "no-referrer"}),
        element("meta", {"name": "robots", "content": "noindex"}),
        element("title", None, title),
        element("style", None, style),
    )


def _main(view: PlanView) -> Markup:
    """Returns the HTML element with all sections of the page. The total size of the costs, the messages and the picture
    of the graph is limited. First the costs use the limit, then the messages, then the picture.
    """
    budget = Budget(MOST)
    costs, messages = costs_section(view.plan, budget), messages_section(view.plan, budget)
    note = shortened_note(view)
    short = element("p", {"class": "note"}, on_one_line(note)) if note else NOTHING
    drift, graph = drift_section(view), graph_section(view.plan, budget)
    shared, anchors = shared_section(view)
    selection = select(view, anchors)
    changes = [contents(selection), filters(selection), changes_section(selection)] if view.changes else []
    return element("main", {"id": "main", "tabindex": "-1"}, short, costs, messages, drift, graph, shared, *changes)


def _skip_link() -> Markup:
    return element("a", {"class": "skip", "href": "#main"}, "Skip to the plan")


def _footer() -> Markup:
    return element("footer", None, element("p", None, "This page is one file. It loads nothing, and sends nothing."))


def _policy(style: str, script: str) -> str:
    """Returns a content security policy that allows only the style sheet `style` and the script `script`, by their
    digests. The policy forbids loading anything else, frames in the page, and sending forms.
    """
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _file(name: str) -> str:
    """Returns the content of a text file in this package. `name` is the name of the file, such as `page.css`."""
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
