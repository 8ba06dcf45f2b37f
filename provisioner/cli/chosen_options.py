"""Stores the values of the shared options for this run, also for reports after its command has ended."""

from __future__ import annotations

import click

from provisioner.project.command_options import Choice

_started = Choice()


def chosen_by(context: click.Context) -> Choice:
    """Returns the choice of this run. `provisioner.cli.options` stores each given option under its field's name."""
    return Choice(**(context.find_object(dict) or {}))


def remember(chosen: Choice) -> None:
    """Stores the choice of this run, also for reports after its command has ended."""
    global _started
    _started = chosen


def started() -> Choice:
    """Returns the choice of the run that was started last."""
    return _started
