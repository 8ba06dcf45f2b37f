"""Errors, told to people."""

from __future__ import annotations

import os
import sys

import click

from provisioner.cli.screen import screen
from provisioner.errors import InvalidManifest, ProvisionError
from provisioner.render.plan_text import diagnostic_text


def report(error: Exception) -> int:
    """Tells of an error on stderr; returns the exit code."""
    style = screen().style
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        # Click's own code for wrong usage is 2, which means "changes" here.
        error.show()
        return 1
    if isinstance(error, click.Abort):
        return _report_abort(error)
    if isinstance(error, InvalidManifest):
        for diagnostic in error.diagnostics:
            click.echo(diagnostic_text(diagnostic, style), err=True)
        click.echo(f"{style.paint('error:', 'red')} {error.message}; nothing was changed", err=True)
        return error.exit_code
    if isinstance(error, ProvisionError):
        label = "blocked:" if error.exit_code == 3 else "error:"
        place = f"{error.place}: " if error.place else ""
        click.echo(f"{place}{style.paint(label, 'red')} {error.message}", err=True)
        if error.hint:
            click.echo(f"  {error.hint}", err=True)
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if isinstance(error, OSError) and error.filename is None:
        click.echo(f"{style.paint('error:', 'red')} the output cannot be written: {error.strerror}", err=True)
        return 1
    return _report_bug(error)


def _report_abort(error: click.Abort) -> int:
    """Click raises Abort for a question that nobody answered, and in place of an interrupt, its cause."""
    if isinstance(error.__cause__, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return 130
    click.echo("aborted; nothing was changed", err=True)
    return 1


def _report_bug(error: Exception) -> int:
    """A bug of ours: the traceback only where somebody asked for more."""
    if screen().verbose:
        import traceback

        click.echo("".join(traceback.format_exception(error)), err=True)
    click.echo(f"error: provision has a bug here: {type(error).__name__}: {error}", err=True)
    click.echo("  what was done is in the state; run again with -v for the traceback, and please report it", err=True)
    return 1
