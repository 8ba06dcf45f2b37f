"""The two streams of the command line. What is written to them goes through `provisioner.core.text.safetext`."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import TextIO, cast

import click

from provisioner.core.text.redaction import register_variables
from provisioner.core.text.safetext import SafeText, log


class GuardedStream(io.TextIOBase):
    """What sys.stderr is while a command runs: libraries write to it, as do logging, warnings and dying threads.

    `stream` is the one beneath it, for what was made safe already.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream beneath."""
        return self.stream.encoding

    def write(self, text: str) -> int:
        """Writes the text without secrets, controls and commands to runners."""
        self.stream.write(log(text))
        return len(text)

    def writable(self) -> bool:
        """Always."""
        return True

    def flush(self) -> None:
        """Flushes the stream beneath."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Whether the stream beneath is a terminal."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """The descriptor of the stream beneath."""
        return self.stream.fileno()


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a stream is a terminal; one that is not there, or closed, is none."""
    return stream is not None and not stream.closed and stream.isatty()


def guard_streams() -> None:
    """Registers the secrets of the environment, and guards stderr. Does nothing the second time."""
    if isinstance(sys.stderr, GuardedStream):
        return
    register_variables(os.environ)
    if sys.stderr is not None:
        if isinstance(sys.stderr, io.TextIOWrapper) and codecs.lookup(sys.stderr.encoding).name == "ascii":
            sys.stderr.reconfigure(encoding="utf-8")  # as click writes to stdout where the locale is C
        sys.stderr = cast("TextIO", GuardedStream(sys.stderr))


def stderr() -> TextIO:
    """The stream beneath the guard, for text that is safe."""
    found: object = sys.stderr
    return found.stream if isinstance(found, GuardedStream) else sys.stderr


def write_result(text: SafeText) -> None:
    """Writes to stdout, with a line's end."""
    click.echo(text)


def write_note(text: SafeText) -> None:
    """Writes to stderr, with a line's end."""
    click.echo(text, file=stderr())
