"""Reads lines that a person types on a terminal, with line editing and history. If stdin is not a terminal, or neither
stdout nor stderr is one, lines are read from stdin without editing and history.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Protocol

from provisioner.cli.streams import is_terminal, stderr
from provisioner.core.text.safetext import line

if TYPE_CHECKING:
    from prompt_toolkit import PromptSession

PROMPT = "you> "


class Typed(Protocol):
    """A source of input lines for `provision chat`."""

    @property
    def is_terminal(self) -> bool:
        """Returns whether a person types the lines on a terminal."""
        ...

    def read(self, prompt: str) -> str:
        """Returns the next line. `prompt` is shown before the line on a terminal. Raises EOFError at the end of the
        input. Raises KeyboardInterrupt after Ctrl-C.
        """
        ...


class PipedLines:
    """Reads lines from standard input, without a prompt."""

    is_terminal = False

    def read(self, prompt: str) -> str:
        """Returns the next line without its line end. `prompt` is not shown. Raises EOFError at the end of standard
        input.
        """
        text = sys.stdin.readline() if sys.stdin is not None else ""
        if not text:
            raise EOFError
        return text.rstrip("\n")


class TerminalLines:
    """Reads lines on a terminal, with the line editing and history of the library prompt_toolkit. The history is not
    saved to a file, because it may contain secrets.
    """

    is_terminal = True

    def __init__(self) -> None:
        self._session: PromptSession[str] | None = None

    def read(self, prompt: str) -> str:
        """Shows `prompt`, and returns the line that the user then types. Raises EOFError after Ctrl-D. Raises
        KeyboardInterrupt after Ctrl-C.
        """
        if self._session is None:  # Most answers of `provision ask` need no line.
            from prompt_toolkit import PromptSession
            from prompt_toolkit.output import create_output

            output = None if is_terminal(sys.stdout) else create_output(stdout=stderr())
            self._session = PromptSession(output=output)
        return str(self._session.prompt(prompt))


class PlainTerminalLines:
    """Reads lines on a terminal without line editing. This class is used if the library prompt_toolkit is not
    installed.
    """

    is_terminal = True

    def read(self, prompt: str) -> str:
        """Shows `prompt`, and returns the line that the user then types. Raises EOFError after Ctrl-D. Raises
        KeyboardInterrupt after Ctrl-C.
        """
        stream = stderr()
        stream.write(line(prompt))
        stream.flush()
        return PipedLines().read(prompt)


def open_typed(note: Callable[[str], None]) -> Typed:
    """Returns the line reader for this process: for a terminal or for piped input. If the library for line editing is
    not installed, calls `note` with a message that says how to install it.
    """
    if not is_terminal(sys.stdin):
        return PipedLines()
    if not (is_terminal(sys.stdout) or is_terminal(stderr())):
        return PipedLines()
    if find_spec("prompt_toolkit") is not None:
        return TerminalLines()
    from provisioner.core.distribution import install_extra

    note(f"without line editing; install it: {install_extra('chat')}")
    return PlainTerminalLines()
