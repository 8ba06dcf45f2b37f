"""Stores the values of the shared options of this run. The values stay available after the command has ended, for error
messages.
"""

from __future__ import annotations

import click

from provisioner.project.command_options import Choice

_started = Choice()


def chosen_by(context: click.Context) -> Choice:
    """Returns the values of the shared options in this run as a `Choice`. `provisioner.cli.options` has stored each
    given option in the context.
    """
    return Choice(**(context.find_object(dict) or {}))


def remember(chosen: Choice) -> None:
    """Stores the values of the shared options of this run. The function `started` returns them, even after the command
    has ended.
    """
    global _started
    _started = chosen


def started() -> Choice:
    """Returns the values of the shared options of the run that was started last."""
    return _started
