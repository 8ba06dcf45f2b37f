"""Prints errors for the user on stderr, and maps each error to an exit code."""

from __future__ import annotations

import io
import os
import sys
from traceback import format_exception, walk_tb

import click

from provisioner.cli.startoptions import with_options_of
from provisioner.cli.terminal import screen
from provisioner.core.errors import InvalidManifest, ProvisionError
from provisioner.core.exitcode import ExitCode
from provisioner.core.text.safetext import line as safe_line
from provisioner.core.text.safetext import log
from provisioner.core.text.safetext import message as safe_message
from provisioner.review.render.plan_text import diagnostic_text


def report(error: Exception) -> int:
    """Prints an error on stderr, and returns the exit code for this error."""
    shown = screen()
    style = shown.style
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        # Click's own code for wrong usage is 2, which is CHANGES here.
        _show_usage(error)
        return ExitCode.ERROR
    if isinstance(error, click.Abort):
        return _report_abort(error)
    if isinstance(error, InvalidManifest):
        for diagnostic in error.diagnostics:
            shown.explain(diagnostic_text(with_options_of(diagnostic), style))
        shown.explain(f"{style.paint('error:', 'red')} {safe_line(error.message)}; nothing was changed")
        return error.exit_code
    if isinstance(error, ProvisionError):
        label = "blocked:" if error.exit_code is ExitCode.BLOCKED else "error:"
        place = f"{error.place}: " if error.place else ""
        # Only our own colours are kept.
        shown.explain(f"{safe_line(place)}{style.paint(label, 'red')} {safe_message(error.message)}")
        if error.hint:
            shown.note(f"  {error.hint}")
        return error.exit_code
    if isinstance(error, BrokenPipeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.ERROR
    if isinstance(error, OSError) and error.filename is None:
        what = "the output cannot be written" if _is_of_output(error) else "the operating system refused a call"
        shown.note(f"{style.paint('error:', 'red')} {what}: {error.strerror or type(error).__name__}")
        _show_traceback(error)
        return ExitCode.ERROR
    return report_bug(error)


def _is_of_output(error: OSError) -> bool:
    """Returns whether `error` was raised by a write to stdout or stderr. The function looks for click's `echo` in the
    traceback, because all such writes use `echo`.
    """
    frames = (frame for frame, _ in walk_tb(error.__traceback__))
    return any(f.f_globals.get("__name__") == "click.utils" and f.f_code.co_name == "echo" for f in frames)


def _show_usage(error: click.ClickException) -> None:
    """Prints click's message about a wrong command line on stderr. If the message repeats arguments, secrets in them
    are removed.
    """
    words = io.StringIO()
    error.show(words)
    told, said = words.getvalue().rstrip("\n"), error.format_message()
    screen().explain(log(told.replace(said, safe_line(said)) if said else told))


def _report_abort(error: click.Abort) -> ExitCode:
    """Reports that a question was not answered, or that the user pressed Ctrl-C, and returns the exit code. Click
    raises Abort in both cases.
    """
    if isinstance(error.__cause__, KeyboardInterrupt):
        screen().note("interrupted")
        return ExitCode.INTERRUPTED
    screen().note("aborted; nothing was changed")
    return ExitCode.ERROR


def report_bug(error: Exception) -> ExitCode:
    """Reports an unexpected error as a bug of provision, and returns the exit code. The traceback is printed only with
    the option -v.
    """
    shown = screen()
    _show_traceback(error)
    shown.note(f"error: provision has a bug here: {type(error).__name__}: {error}")
    shown.note("  what was done is in the state; run again with -v for the traceback, and please report it")
    return ExitCode.ERROR


def _show_traceback(error: Exception) -> None:
    """Prints the traceback of an error if the option -v is given."""
    shown = screen()
    if shown.verbose:
        shown.explain(log("".join(format_exception(error))))
