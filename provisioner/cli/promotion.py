"""Compares a plan with another environment of the project, for the option `--like`. Each difference becomes a
diagnostic that blocks the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from provisioner.cli.chosen_options import chosen_by

if TYPE_CHECKING:
    from provisioner.engine.planned import Planned
    from provisioner.project.wiring import Project


def check_like(like: str | None, exceptions: Sequence[str], *, only: Sequence[str]) -> None:
    """Raises UsageError if `--except` is given without `--like`, or if `--like` is given together with `--only`."""
    if like is None and exceptions:
        raise click.UsageError("--except leaves something out of the comparison that --like makes; add --like ENV")
    if like is not None and only:
        raise click.UsageError("--like compares the whole environment; leave --only out")


def with_likeness(
    context: click.Context, project: Project, planned: Planned, like: str, exceptions: Sequence[str]
) -> Planned:
    """Returns the plan with an additional diagnostic for each difference from `like`, another environment of the
    project. These diagnostics block the plan; messages about the other environment that do not block it may be added
    too. The resources as they would be after the plan are compared with the resources that were applied last in `like`.
    `exceptions` are the values of `--except`: the resources and fields that are not compared.
    """
    # The options of every plan are checked with this module, and few plans are compared.
    from provisioner.project.promotion import check_likeness

    choice, environment = chosen_by(context), project.settings.environment
    found = check_likeness(choice, planned.resources, environment, like, exceptions)
    plan = replace(planned.plan, diagnostics=(*planned.plan.diagnostics, *found))
    return replace(planned, plan=plan)
