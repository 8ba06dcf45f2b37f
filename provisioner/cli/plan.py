"""`provision plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provisioner.cli.options import planning, shared


@click.command()
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where there are changes.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Keep it for review.")
@planning
@shared
@click.pass_context
def plan(
    context: click.Context,
    /,
    as_json: bool,
    detailed_exitcode: bool,
    out: Path | None,
    **choice: Any,
) -> int:
    """Show what apply would change, and why. Changes nothing.

    With --out, the plan is kept for review, and `provision apply FILE` does just what it says.
    """
    from provisioner.cli.running import failing_as_json, make_plan, running, show_plan, verdict, write_reviewed
    from provisioner.cli.screen import screen

    with failing_as_json(as_json), running(context) as project:
        planned = make_plan(project, project.manifest.resources, **choice)
        show_plan(planned, screen(), as_json=as_json)
        if out is not None:
            write_reviewed(project, planned, out, choice["only"])
        return verdict(planned) or (2 if detailed_exitcode and planned.plan.changes else 0)
