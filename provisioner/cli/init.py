"""`provision init`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.options import Globals, shared


@click.command()
@shared
@click.pass_context
def init(context: click.Context) -> None:
    """Write a small project to start with. Overwrites nothing."""
    from provisioner.cli.terminal import screen
    from provisioner.manifest import write_starter

    folder = context.ensure_object(Globals).directory or Path.cwd()
    shown = screen()
    for path in write_starter(folder):
        shown.say(f"wrote {path}")
    shown.note("Try it without a key: provision --emulator apply")
