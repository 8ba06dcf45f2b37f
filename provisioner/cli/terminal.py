"""Output: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

import click

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.startoptions import with_options
from provisioner.cli.streams import guard_streams, is_terminal, stderr, write_note, write_result
from provisioner.core.text.safetext import SafeText, block, line, message
from provisioner.openai_api.http.session import Call, Wait
from provisioner.review.render.progress import Bars, Lines
from provisioner.review.render.style import Style


@dataclass(frozen=True, slots=True)
class Screen:
    """The output streams and their style."""

    style: Style
    verbose: int = 0

    def result(self, text: str) -> None:
        """Writes a result that a renderer made to stdout. It has several lines or is JSON, and is safe already."""
        write_result(text if isinstance(text, SafeText) else block(text, colours=self.style.enabled))

    def say(self, text: str) -> None:
        """Writes a result of one line to stdout, with the options of this run in its commands."""
        write_result(line(with_options(text), colours=self.style.enabled))

    def note(self, text: str) -> None:
        """Writes one line to stderr, with the options of this run in its commands."""
        write_note(message(with_options(text), colours=self.style.enabled))

    def explain(self, text: str) -> None:
        """Writes a text that a renderer made to stderr."""
        write_note(text if isinstance(text, SafeText) else block(text, colours=self.style.enabled))

    def observe(self, event: Call | Wait) -> None:
        """Reports waits always, and calls with -v."""
        if isinstance(event, Wait):
            self.note(f"waiting {event.seconds:.1f} s, then trying again: {event.reason}")
        elif self.verbose:
            self.note(f"{event.method} {event.path} {event.status} ({event.seconds * 1000:.0f} ms)")

    def progress(self) -> Lines:
        """Returns a reporter that writes a line for each change; on a terminal, bars too."""
        stream = stderr()
        return (Bars if is_terminal(stream) else Lines)(stream, self.style)


def screen() -> Screen:
    """Returns the output as the shared options chose it."""
    guard_streams()
    context = click.get_current_context(silent=True)
    chosen = chosen_by(context) if context and context.find_object(dict) is not None else None
    plain = bool(os.environ.get("NO_COLOR")) or "--no-color" in sys.argv or (chosen is not None and chosen.no_color)
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
    style = Style(not plain and is_terminal(sys.stderr), width)
    return Screen(style, chosen.verbose if chosen else sys.argv.count("-v"))
