"""`provision apply`."""

from __future__ import annotations

from typing import Any

import click

from provisioner.cli.options import confirming, planning, shared


@click.command()
@confirming
@planning
@shared
@click.pass_context
def apply(
    context: click.Context,
    /,
    as_json: bool,
    parallelism: int,
    index_timeout: float,
    yes: bool,
    confirm: str | None,
    overwrite_drift: bool,
    **choice: Any,
) -> int:
    """Make the account match the manifests.

    Shows the plan and asks first; without a terminal it needs --yes. What fails stops only what needs it.
    """
    from provisioner.cli.running import carry_out, failing_as_json, make_plan, running

    with (
        failing_as_json(as_json),
        running(context, parallelism=parallelism, index_timeout=index_timeout) as project,
        project.engine.locked("apply"),
    ):
        planned = make_plan(project, project.manifest.resources, **choice)
        return carry_out(project, planned, yes=yes, confirm=confirm, overwrite_drift=overwrite_drift, as_json=as_json)
