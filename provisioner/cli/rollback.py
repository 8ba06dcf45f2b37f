"""Defines the command `provision rollback`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provisioner.cli.completing import complete_address
from provisioner.cli.options import confirming, locking, reading, shared


@click.command()
@click.argument("releases", metavar="ADDRESS[@N]...", nargs=-1, required=True, shell_complete=complete_address)
@click.option("--release-pin", is_flag=True, help="End the pin of each ADDRESS, and apply its manifest again.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Keep the plan for review."
)
@confirming
@locking
@reading
@shared
@click.pass_context
def rollback(
    context: click.Context,
    /,
    releases: tuple[str, ...],
    release_pin: bool,
    out: Path | None,
    as_json: bool,
    yes: bool,
    confirm: str | None,
    overwrite_drift: bool,
    **choice: Any,
) -> int:
    """Restore an earlier release of an assistant.

    ADDRESS@N is an assistant and the number of a release, such as `tutor@6`. Without @N, the release before the present
    release is restored. Shows the plan and asks first, as apply does. The assistant then stays pinned to the release
    until its manifest changes, or until --release-pin ends the pin. With --out, nothing is changed: the plan is written
    to FILE, and `provision apply FILE` makes its changes.
    """
    from provisioner.cli.confirmation import Consent
    from provisioner.cli.plan_commands import carry_out
    from provisioner.cli.privatefile import check_target
    from provisioner.cli.rolling import parse_releases, write_rollback
    from provisioner.cli.running import failing_in_form, running
    from provisioner.project.rollback import find_rollbacks, plan_rollback

    wanted = parse_releases(releases, release_pin=release_pin)
    check_target(out)
    with failing_in_form(json=as_json), running(context) as project:
        if out is not None:
            rollbacks = wanted if release_pin else find_rollbacks(project, wanted)
            planned = plan_rollback(project, rollbacks, **choice)
            return write_rollback(project, planned, rollbacks, out, as_json=as_json)
        with project.engine.locked("rollback"):
            rollbacks = wanted if release_pin else find_rollbacks(project, wanted)
            planned = plan_rollback(project, rollbacks, under_lock=True, **choice)
            consent = Consent(yes, confirm, overwrite_drift, question="Roll back?" if not release_pin else "Apply?")
            return carry_out(project, planned, consent=consent, as_json=as_json, command="rollback")
