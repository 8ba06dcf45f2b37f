"""Stores the values of the global options of this run. The values stay available after the command has ended, for error
messages.
"""

from __future__ import annotations

import click

from provisioner.project.command_options import Choice

_started = Choice()


def chosen_by(context: click.Context) -> Choice:
    """Returns the values of the global options of this run as a `Choice`. `context` is click's context of the command;
    the callbacks in `provisioner.cli.options` have stored each given option there.
    """
    return Choice(**(context.find_object(dict) or {}))


def remember(chosen: Choice) -> None:
    """Stores `chosen`, the values of the global options of this run. Later, the function `started` returns these
    values, even after the command has ended.
    """
    global _started
    _started = chosen


def started() -> Choice:
    """Returns the values of the global options that the last call of `remember` stored."""
    return _started
