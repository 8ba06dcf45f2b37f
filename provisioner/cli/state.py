"""`provision state`."""

from __future__ import annotations

import click

from provisioner.cli.options import shared


@click.group()
def state() -> None:
    """Look at the state, or make a new one when it is lost."""


@state.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@shared
@click.pass_context
def list_records(context: click.Context, as_json: bool) -> None:
    """List what the state records. Calls nothing."""
    from provisioner.cli.recorded import show_records

    show_records(context, as_json=as_json)


@state.command("show")
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@shared
@click.pass_context
def show_record(context: click.Context, address: str, as_json: bool) -> None:
    """Show one ADDRESS of the state whole. Calls nothing."""
    from provisioner.cli import recorded

    recorded.show_record(context, address, as_json=as_json)


@state.command("rebuild")
@shared
@click.pass_context
def rebuild(context: click.Context) -> int:
    """Make a new state from the marks on live objects.

    For when the state is lost: it reads the account, writes a state and changes nothing else. Files are found
    through the stores that hold them. What carries no mark is listed; definitions come back as a new release.
    """
    from provisioner.cli.running import running
    from provisioner.cli.screen import screen
    from provisioner.render.state_text import rebuilt_text

    with running(context, parallelism=16) as project, project.engine.locked("state rebuild"):
        rebuilt = project.engine.rebuild(project.manifest.resources)
        screen().result(rebuilt_text(rebuilt.state, rebuilt.unplaced))
    return 0
