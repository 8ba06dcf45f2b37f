"""What the shared options chose."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.options import Globals
from provisioner.project.choice import Choice


def chosen_by(context: click.Context) -> Choice:
    """The choice of this run."""
    chosen = context.ensure_object(Globals)
    return Choice(chosen.directory or Path.cwd(), chosen.env, chosen.emulator)
