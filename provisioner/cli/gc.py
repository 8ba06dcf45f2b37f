"""Defines the command `provision gc`."""

from __future__ import annotations

import click

from provisioner.cli.options import locking, parallel, shared
from provisioner.cli.selecting import selecting, selection_of


@click.command()
@selecting()
@click.option("--all", "everything", is_flag=True, help="Show every row, however many there are.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--confirm", metavar="NAME", help="The environment's name, where it is protected.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
@parallel
@locking
@shared
@click.pass_context
def gc(
    context: click.Context,
    /,
    kind: tuple[str, ...],
    match: tuple[str, ...],
    older_than: float | None,
    everything: bool,
    yes: bool,
    confirm: str | None,
    as_json: bool,
) -> int:
    """Delete live objects that the state does not record.

    Shows them and asks first. Needs a filter: --kind, --match or --older-than. Never deletes what a managed or unknown
    object uses, or what carries the ownership mark of another project or environment. Each object is read again just
    before it is deleted; to continue an interrupted run, run the command again.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.garbage import collect
    from provisioner.cli.running import failing_in_form, running

    selection = selection_of(kind, match, older_than)
    if not selection:
        raise click.UsageError("choose what to delete: --kind, --match or --older-than; `provision unmanaged` lists it")
    with failing_in_form(json=as_json), running(context) as project, project.engine.locked("gc"):
        return collect(
            project,
            chosen_by(context),
            selection,
            yes=yes,
            confirm=confirm,
            as_json=as_json,
            everything=everything,
        )
