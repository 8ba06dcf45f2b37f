"""Renders the top of the HTML page: the project, its environment, the time when the plan was made, and the number of
changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct

from provisioner.core.text.visible import on_one_line
from provisioner.planning.plan import Action, Plan
from provisioner.review.render.html.changes import sign
from provisioner.review.render.html.element import Markup, element
from provisioner.review.render.plan_text import VERBS, summary_line


class Heading(Struct, frozen=True):
    """The facts at the top of the page: the project, its environment, and the account. `made` is the time when the plan
    was made, in seconds since 1970.
    """

    project: str
    environment: str
    account: str
    made: float

    def title(self) -> str:
        """Returns the title of the page, which the browser shows in its tab."""
        return f"Plan for {on_one_line(self.project)}, environment {on_one_line(self.environment)}"


def page_header(plan: Plan, heading: Heading) -> Markup:
    """Returns the HTML element with the title, the facts about the plan, and the number of changes for each action."""
    title = element("h1", None, "Plan for ", element("span", {"class": "name"}, on_one_line(heading.project)))
    facts = element("ul", {"class": "about"}, *(element("li", None, *fact) for fact in _facts(heading)))
    counts = [element("li", {"data-action": name}, *parts) for name, parts in _counts(plan)]
    shown = element("ul", {"class": "counts", "aria-label": "What it would do"}, *counts)
    sentence = element("p", {"class": "sentence"}, summary_line(plan))
    return element("header", None, title, facts, *([shown] if plan.changes else []), *_if_needed(plan, sentence))


def _facts(heading: Heading) -> Iterator[tuple[Markup | str, ...]]:
    yield "Environment ", element("strong", None, on_one_line(heading.environment))
    if heading.account:
        yield "Account ", element("code", None, on_one_line(heading.account))
    made = datetime.fromtimestamp(heading.made, UTC)
    stamp = element("time", {"datetime": made.isoformat(timespec="seconds")}, f"{made:%Y-%m-%d %H:%M} UTC")
    yield "Made ", stamp


def _counts(plan: Plan) -> Iterator[tuple[str, tuple[Markup | str, ...]]]:
    counts = plan.summary()
    for action, verb in VERBS.items():
        if counts[action.value]:
            yield action.value, (sign(action), " ", element("strong", None, f"{counts[action.value]:,}"), f" {verb}")
    unchanged = counts[Action.NO_OP.value]
    yield "no-op", (element("strong", None, f"{unchanged:,}"), " unchanged")


def _if_needed(plan: Plan, sentence: Markup) -> tuple[Markup, ...]:
    """Returns `sentence` as the only element of a tuple if the plan has no changes or has errors. Otherwise returns an
    empty tuple, because the page then shows the number of changes instead.
    """
    return (sentence,) if plan.errors() or not plan.changes else ()
