"""Writes the output of commands: results to stdout, and everything else to stderr."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.startoptions import with_options
from provisioner.cli.streams import guard_streams, is_terminal, stderr, write_note, write_result
from provisioner.core.text.safetext import SafeText, block, line, message
from provisioner.review.render.style import Style

if TYPE_CHECKING:
    from provisioner.openai_api.http.session import Call, Wait
    from provisioner.review.render.progress import Lines


class Screen(Struct, frozen=True):
    """Writes the output of a command to stdout and stderr. `style` says whether colours are used, and `verbose` is the
    number of times that `-v` is given.
    """

    style: Style
    verbose: int = 0

    def result(self, text: str) -> None:
        """Writes a result to stdout. `text` is JSON, or a text of several lines that a module of
        `provisioner.review.render` made. If its type is not SafeText, secrets and control characters are first removed.
        """
        write_result(text if isinstance(text, SafeText) else block(text, colours=self.style.enabled))

    def say(self, text: str) -> None:
        """Writes `text`, a result of one line, to stdout. If `text` names `provision` commands, the options of this
        run, such as `-C`, are first added to these commands.
        """
        write_result(line(with_options(text), colours=self.style.enabled))

    def note(self, text: str) -> None:
        """Writes a message to stderr. The options of this run are added to the `provision` commands in the message."""
        write_note(message(with_options(text), colours=self.style.enabled))

    def explain(self, text: str) -> None:
        """Writes `text` to stderr: a text of several lines that a module of `provisioner.review.render` made. If its
        type is not SafeText, secrets and control characters are first removed.
        """
        write_note(text if isinstance(text, SafeText) else block(text, colours=self.style.enabled))

    def observe(self, event: Call | Wait) -> None:
        """Writes a line to stderr if `event` is a wait before a repeated API call. With `-v`, also writes a line if
        `event` is an API call.
        """
        from provisioner.openai_api.http.session import Wait

        if isinstance(event, Wait):
            self.note(f"waiting {event.seconds:.1f} s, then trying again: {event.reason}")
        elif self.verbose:
            self.note(f"{event.method} {event.path} {event.status} ({event.seconds * 1000:.0f} ms)")

    def progress(self) -> Lines:
        """Returns an object that reports the progress of an apply. It writes a line for each change, and on a terminal
        also draws progress bars.
        """
        from provisioner.review.render.progress import Bars, Lines

        stream = stderr()
        return (Bars if is_terminal(stream) else Lines)(stream, self.style)


def _columns() -> int:
    """Returns the number of columns of the terminal."""
    import shutil  # It loads libraries for compression, which takes more than a millisecond.

    return shutil.get_terminal_size().columns


def screen() -> Screen:
    """Returns the screen for this run. Text is coloured if stderr is a terminal, and neither `NO_COLOR` nor
    `--no-color` is set. The width is known only if stdout is a terminal. `-v` sets the verbosity.
    """
    guard_streams()
    context = click.get_current_context(silent=True)
    chosen = chosen_by(context) if context and context.find_object(dict) is not None else None
    plain = bool(os.environ.get("NO_COLOR")) or "--no-color" in sys.argv or (chosen is not None and chosen.no_color)
    width = _columns() if is_terminal(sys.stdout) else None
    style = Style(not plain and is_terminal(sys.stderr), width)
    return Screen(style, chosen.verbose if chosen else sys.argv.count("-v"))
