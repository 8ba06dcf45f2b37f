"""Renders a plan in an output format: text for people, JSON for programs, or Markdown for comments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from provisioner.manifest import Settings
    from provisioner.planning.plan import Plan
    from provisioner.review.render.style import Style


def title_of(settings: Settings) -> str:
    """Returns the title of a plan for the project and the environment in `settings`."""
    return title(settings.project, settings.environment)


def title(project: str, environment: str) -> str:
    """Returns the title for a plan of the given project and environment."""
    return f"{project} · {environment}"


def check_forms(*, json: bool, markdown: bool) -> None:
    """Raises UsageError if `--json` and `--markdown` are both given."""
    if json and markdown:
        raise click.UsageError("choose --json or --markdown; a plan that --out keeps can be shown in both")


def form(plan: Plan, name: str, style: Style, *, json: bool, markdown: bool, details: bool = False) -> str:
    """Returns the plan as JSON if `json` is True, as Markdown if `markdown` is True, and otherwise as text. `name` is
    the title of the Markdown document, and `style` is the style of the text. If `details` is True, the text also shows
    every field of created and deleted objects, and each file.
    """
    if json:
        from provisioner.review.render.json_text import dumps, plan_json

        return dumps(plan_json(plan))
    if markdown:
        from provisioner.review.render.plan_markdown import plan_markdown

        return plan_markdown(plan, title=name).rstrip("\n")
    from provisioner.cli.startoptions import with_options_in
    from provisioner.review.render.plan_text import plan_text

    return plan_text(with_options_in(plan), style, details=details)
