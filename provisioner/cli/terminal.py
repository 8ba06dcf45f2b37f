"""The two streams: results on stdout, everything else on stderr."""

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
    """Where to write, and how colourful."""

    style: Style
    verbose: int = 0

    def result(self, text: str) -> None:
        """Writes a result that a renderer made to stdout: of several lines, or JSON, which is safe already."""
        write_result(text if isinstance(text, SafeText) else block(text, colours=self.style.enabled))

    def say(self, text: str) -> None:
        """Writes a result of one line to stdout; the commands in it have the options of this run."""
        write_result(line(with_options(text), colours=self.style.enabled))

    def note(self, text: str) -> None:
        """Writes one line that is no result to stderr; the commands in it have the options of this run."""
        write_note(message(with_options(text), colours=self.style.enabled))

    def explain(self, text: str) -> None:
        """Writes what a renderer made, and is no result, to stderr."""
        write_note(text if isinstance(text, SafeText) else block(text, colours=self.style.enabled))

    def observe(self, event: Call | Wait) -> None:
        """Tells of waits always, of calls with -v."""
        if isinstance(event, Wait):
            self.note(f"waiting {event.seconds:.1f} s, then trying again: {event.reason}")
        elif self.verbose:
            self.note(f"{event.method} {event.path} {event.status} ({event.seconds * 1000:.0f} ms)")

    def progress(self) -> Lines:
        """A line for each change; bars too, on a terminal."""
        stream = stderr()
        return (Bars if is_terminal(stream) else Lines)(stream, self.style)


def screen() -> Screen:
    """The screen that the shared options chose."""
    guard_streams()
    context = click.get_current_context(silent=True)
    chosen = chosen_by(context) if context and context.find_object(dict) is not None else None
    plain = bool(os.environ.get("NO_COLOR")) or "--no-color" in sys.argv or (chosen is not None and chosen.no_color)
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else None
    style = Style(not plain and is_terminal(sys.stderr), width)
    return Screen(style, chosen.verbose if chosen else sys.argv.count("-v"))
