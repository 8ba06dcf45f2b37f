"""Defines the command `provision init`."""

from __future__ import annotations

import click

from provisioner.cli.options import shared


@click.command()
@shared
@click.pass_context
def init(context: click.Context) -> None:
    """Write a small project to begin with. Overwrites nothing."""
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.terminal import screen
    from provisioner.manifest import write_starter

    shown = screen()
    for path in write_starter(chosen_by(context).folder):
        shown.say(f"wrote {path}")
    shown.note("Try it without a key: provision --emulator apply")
