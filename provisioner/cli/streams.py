"""The two output streams. What is written to them goes through `provisioner.core.text.safetext`."""

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
    """The replacement of sys.stderr while a command runs: libraries, logging, warnings and threads write to it.

    `stream` is the original one, for text that is already safe.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the original stream."""
        return self.stream.encoding

    def write(self, text: str) -> int:
        """Writes the text without secrets, control characters and commands to runners."""
        self.stream.write(log(text))
        return len(text)

    def writable(self) -> bool:
        """Returns True."""
        return True

    def flush(self) -> None:
        """Flushes the original stream."""
        self.stream.flush()

    def isatty(self) -> bool:
        """Returns whether the original stream is a terminal."""
        return self.stream.isatty()

    def fileno(self) -> int:
        """Returns the descriptor of the original stream."""
        return self.stream.fileno()


def is_terminal(stream: TextIO | None) -> bool:
    """Returns whether a stream is a terminal; a missing or closed one is not."""
    return stream is not None and not stream.closed and stream.isatty()


def guard_streams() -> None:
    """Registers the secrets of the environment, and guards stderr. Does nothing the second time."""
    if isinstance(sys.stderr, GuardedStream):
        return
    register_variables(os.environ)
    if sys.stderr is not None:
        if isinstance(sys.stderr, io.TextIOWrapper) and codecs.lookup(sys.stderr.encoding).name == "ascii":
            sys.stderr.reconfigure(encoding="utf-8")  # click writes to stdout in the same way if the locale is C.
        sys.stderr = cast("TextIO", GuardedStream(sys.stderr))


def stderr() -> TextIO:
    """Returns the original stderr, for text that is safe."""
    found: object = sys.stderr
    return found.stream if isinstance(found, GuardedStream) else sys.stderr


def write_result(text: SafeText) -> None:
    """Writes to stdout, with a newline."""
    click.echo(text)


def write_note(text: SafeText) -> None:
    """Writes to stderr, with a newline."""
    click.echo(text, file=stderr())
