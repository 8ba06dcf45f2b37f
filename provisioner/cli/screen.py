"""The two streams: results on stdout, everything else on stderr."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass

import click

from provisioner.api.session import Call, Wait
from provisioner.cli.options import Globals
from provisioner.render.progress import Bars, Lines
from provisioner.render.style import Style


@dataclass(frozen=True, slots=True)
class Screen:
    """Where to write, and how colourful."""

    style: Style
    verbose: int = 0

    def result(self, text: str) -> None:
        """Writes a result to stdout."""
        click.echo(text)

    def note(self, text: str) -> None:
        """Writes something that is no result to stderr."""
        click.echo(text, err=True)

    def observe(self, event: Call | Wait) -> None:
        """Tells of waits always, of calls with -v."""
        if isinstance(event, Wait):
            self.note(f"waiting {event.seconds:.1f} s, then trying again: {event.reason}")
        elif self.verbose:
            self.note(f"{event.method} {event.path} {event.status} ({event.seconds * 1000:.0f} ms)")

    def progress(self) -> Lines:
        """A line for each change; bars too, on a terminal."""
        return (Bars if sys.stderr.isatty() else Lines)(sys.stderr, self.style)


def screen() -> Screen:
    """The screen that the shared options chose."""
    context = click.get_current_context(silent=True)
    chosen = context.find_object(Globals) if context else None
    plain = bool(os.environ.get("NO_COLOR")) or "--no-color" in sys.argv or (chosen is not None and chosen.no_color)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    style = Style(not plain and sys.stderr.isatty(), width)
    return Screen(style, chosen.verbose if chosen else sys.argv.count("-v"))
