"""`provision plan`."""

from __future__ import annotations

from typing import Any

import click

from provisioner.cli.options import planning, shared


@click.command()
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there are changes.")
@planning
@shared
@click.pass_context
def plan(context: click.Context, /, as_json: bool, parallelism: int, detailed_exitcode: bool, **choice: Any) -> int:
    """Show what apply would change, and why. Changes nothing."""
    from provisioner.cli.running import failing_as_json, make_plan, running, show_plan, verdict
    from provisioner.cli.screen import screen

    with failing_as_json(as_json), running(context, parallelism=parallelism) as project:
        planned = make_plan(project, project.manifest.resources, **choice)
        show_plan(planned, screen(), as_json=as_json)
        return verdict(planned) or (2 if detailed_exitcode and planned.plan.changes else 0)
