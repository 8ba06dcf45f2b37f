"""What the shared options chose, for this run and for what is reported after its command has ended."""

from __future__ import annotations

import click

from provisioner.project.command_options import Choice

_started = Choice()


def chosen_by(context: click.Context) -> Choice:
    """The choice of this run. `provisioner.cli.options` keeps each option that was given under its field's name."""
    return Choice(**(context.find_object(dict) or {}))


def remember(chosen: Choice) -> None:
    """Keeps what was chosen for this run, also for what is reported after its command has ended."""
    global _started
    _started = chosen


def started() -> Choice:
    """What was chosen for the run that was started last."""
    return _started
