"""The values of the shared options."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.options import Globals
from provisioner.project.command_options import Choice


def chosen_by(context: click.Context) -> Choice:
    """Returns the options of this run."""
    chosen = context.ensure_object(Globals)
    return Choice(
        directory=chosen.directory or Path.cwd(),
        environment=chosen.env,
        emulator=chosen.emulator,
        parallelism=chosen.parallelism,
        index_timeout=chosen.index_timeout,
        grace=chosen.grace,
        lock_timeout=chosen.lock_timeout,
    )
