"""Defines the command `provision destroy`."""

from __future__ import annotations

from typing import Any

import click

from provisioner.cli.options import confirming, locking, planning, shared


@click.command()
@confirming
@locking
@planning
@shared
@click.pass_context
def destroy(
    context: click.Context,
    /,
    as_json: bool,
    yes: bool,
    confirm: str | None,
    overwrite_drift: bool,
    **choice: Any,
) -> int:
    """Delete the objects that the state records, and nothing else.

    If one of the objects is protected, nothing is deleted. Adopted objects are forgotten: their records are removed,
    and the objects stay at OpenAI.
    """
    from provisioner.cli.confirmation import Consent
    from provisioner.cli.plan_commands import carry_out, make_plan, report_forgotten
    from provisioner.cli.running import failing_in_form, running

    with (
        failing_in_form(json=as_json),
        running(context) as project,
        project.engine.locked("destroy"),
    ):
        planned = make_plan(project, (), under_lock=True, destroying=True, **choice)
        consent = Consent(yes, confirm, overwrite_drift, "Delete all of this?")
        code = carry_out(project, planned, consent=consent, as_json=as_json, command="destroy")
        return code or report_forgotten(planned)
