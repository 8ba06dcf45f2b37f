"""Defines the command `provision import`."""

from __future__ import annotations

from typing import Any

import click

from provisioner.cli.completing import complete_choice
from provisioner.cli.options import confirming, locking, shared


@click.command("import")
@click.argument("address", metavar="ADDRESS", shell_complete=complete_choice)
@click.argument("id", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
@confirming
@locking
@shared
@click.pass_context
def importing(
    context: click.Context,
    /,
    address: str,
    id: str,
    as_json: bool,
    yes: bool,
    confirm: str | None,
    overwrite_drift: bool,
    **_: Any,
) -> int:
    """Adopt one object that exists already at OpenAI.

    ID is the id of the object at OpenAI. The manifests must declare ADDRESS, and the state must not record it yet.
    Shows the plan for ADDRESS and for the resources that ADDRESS needs, and asks first. An entry of `imports:` in a
    manifest adopts the object at the next apply instead.
    """
    from provisioner.cli.confirmation import Consent
    from provisioner.cli.plan_commands import carry_out, make_plan
    from provisioner.cli.running import failing_in_form, running
    from provisioner.project.imports import with_import

    with failing_in_form(json=as_json), running(context) as project, project.engine.locked("import"):
        resources = with_import(project, address, id)
        planned = make_plan(project, resources, only=(address,), under_lock=True)
        return carry_out(
            project, planned, consent=Consent(yes, confirm, overwrite_drift), as_json=as_json, command="import"
        )
