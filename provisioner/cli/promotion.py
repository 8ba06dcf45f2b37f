"""Adds to a plan what blocks it because of `--like`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import click

from provisioner.cli.chosen_options import chosen_by
from provisioner.engine.engine import Planned
from provisioner.project.promotion import check_likeness
from provisioner.project.wiring import Project


def check_like(like: str | None, exceptions: Sequence[str], *, only: Sequence[str]) -> None:
    """Raises UsageError for options that have no meaning together."""
    if like is None and exceptions:
        raise click.UsageError("--except leaves something out of the comparison that --like makes; add --like ENV")
    if like is not None and only:
        raise click.UsageError("--like compares the whole environment; leave --only out")


def with_likeness(
    context: click.Context, project: Project, planned: Planned, like: str, exceptions: Sequence[str]
) -> Planned:
    """Returns the plan, blocked by a diagnostic for each resource that would differ from what the environment `like`
    has now.
    """
    choice, environment = chosen_by(context), project.settings.environment
    found = check_likeness(choice, planned.resources, environment, like, exceptions)
    plan = replace(planned.plan, diagnostics=(*planned.plan.diagnostics, *found))
    return replace(planned, plan=plan)
