"""Defines the command `provision history`."""

from __future__ import annotations

import click

from provisioner.cli.completing import complete_address
from provisioner.cli.options import shared


@click.command()
@click.argument("address", required=False, shell_complete=complete_address)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@shared
@click.pass_context
def history(context: click.Context, address: str | None, as_json: bool) -> None:
    """List the releases of an assistant: number, time, author, target API, commit and digest.

    Without ADDRESS, lists the present release of every assistant. `provision state history` lists whole states instead.
    No API call is made.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.startoptions import with_options
    from provisioner.cli.terminal import screen
    from provisioner.project.releases import read_history
    from provisioner.project.rollback import parse_release
    from provisioner.review.render.json_text import dumps
    from provisioner.review.render.release_text import releases_json, releases_text

    wanted = None
    if address is not None:
        wanted, number = parse_release(address)
        if number is not None:
            raise click.UsageError(f"history lists all releases of {wanted}; leave @{number} out", context)
    found = read_history(chosen_by(context), wanted)
    parts = (found.releases, found.current, found.pinned)
    text = dumps(releases_json(*parts)) if as_json else with_options(releases_text(*parts, addresses=wanted is None))
    if found.gaps:
        screen().note(f"warning: {found.gaps}")
    screen().result(text)
