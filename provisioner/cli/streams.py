"""Writes to the two output streams, stdout and stderr. Before a text is written, `provisioner.core.text.safetext` makes
it safe: secrets and control characters are removed.
"""

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
    """A stream that replaces sys.stderr while a command runs. Libraries, logging, warnings and threads write to it.

    `stream` is the original stderr. Secrets and control characters are removed from every text, and the text is then
    written to `stream`.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Returns the encoding of the original stderr."""
        return self.stream.encoding

    def write(self, text: str) -> int:
        """Writes `text` to the original stderr, after secrets, control characters, and commands that a CI runner would
        execute are removed. Returns the number of characters in `text`.
        """
        self.stream.write(log(text))
        return len(text)

    def writable(self) -> bool:
        """Returns True, because the stream can be written to."""
        return True

    def flush(self) -> None:
        """Flushes the original stderr."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Returns whether the original stderr is a terminal."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """Returns the file descriptor of the original stderr."""
        return self.stream.fileno()


def is_terminal(stream: TextIO | None) -> bool:
    """Returns whether a stream is a terminal; False if the stream is missing or closed."""
    return stream is not None and not stream.closed and stream.isatty()


def guard_streams() -> None:
    """Registers the secrets in the environment variables, and replaces sys.stderr by a GuardedStream. A second call
    does nothing.
    """
    if isinstance(sys.stderr, GuardedStream):
        return
    register_variables(os.environ)
    if sys.stderr is not None:
        if isinstance(sys.stderr, io.TextIOWrapper) and codecs.lookup(sys.stderr.encoding).name == "ascii":
            sys.stderr.reconfigure(encoding="utf-8")  # click writes to stdout in the same way if the locale is C.
        sys.stderr = cast("TextIO", GuardedStream(sys.stderr))


def stderr() -> TextIO:
    """Returns the original stderr. Callers may write only safe text to this stream."""
    found: object = sys.stderr
    return found.stream if isinstance(found, GuardedStream) else sys.stderr


def write_result(text: SafeText) -> None:
    """Writes the safe text and a newline to stdout."""
    click.echo(text)


def write_note(text: SafeText) -> None:
    """Writes the safe text and a newline to stderr."""
    click.echo(text, file=stderr())


def write_piece(text: SafeText) -> None:
    """Writes the safe text to stdout at once, without a newline after it."""
    click.echo(text, nl=False)
