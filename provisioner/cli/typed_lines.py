"""Reads what a person types: with line editing and history on a terminal, otherwise lines of the standard input."""

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
    """Reads lines. `is_terminal` says whether a person types them."""

    @property
    def is_terminal(self) -> bool:
        """Whether a person types the lines."""
        ...

    def read(self, prompt: str) -> str:
        """Returns the next line. Raises EOFError at the end, and KeyboardInterrupt after Ctrl-C."""
        ...


class PipedLines:
    """Reads lines of the standard input, without a prompt."""

    is_terminal = False

    def read(self, prompt: str) -> str:
        """Returns the next line without its end. Raises EOFError at the end."""
        text = sys.stdin.readline() if sys.stdin is not None else ""
        if not text:
            raise EOFError
        return text.rstrip("\n")


class TerminalLines:
    """Reads lines on a terminal, with line editing and a history by prompt_toolkit. The history ends with the program,
    because it may contain secrets.
    """

    is_terminal = True

    def __init__(self) -> None:
        self._session: PromptSession[str] | None = None

    def read(self, prompt: str) -> str:
        """Returns the next line. Raises EOFError after Ctrl-D, and KeyboardInterrupt after Ctrl-C."""
        if self._session is None:  # Most answers of `provision ask` need no line.
            from prompt_toolkit import PromptSession
            from prompt_toolkit.output import create_output

            output = None if is_terminal(sys.stdout) else create_output(stdout=stderr())
            self._session = PromptSession(output=output)
        return str(self._session.prompt(prompt))


class PlainTerminalLines:
    """Reads lines on a terminal without prompt_toolkit."""

    is_terminal = True

    def read(self, prompt: str) -> str:
        """Returns the next line. Raises EOFError after Ctrl-D, and KeyboardInterrupt after Ctrl-C."""
        stream = stderr()
        stream.write(line(prompt))
        stream.flush()
        return PipedLines().read(prompt)


def open_typed(note: Callable[[str], None]) -> Typed:
    """Returns the reader for this process. `note` gets a message if line editing is not installed."""
    if not is_terminal(sys.stdin):
        return PipedLines()
    if not (is_terminal(sys.stdout) or is_terminal(stderr())):
        return PipedLines()
    if find_spec("prompt_toolkit") is not None:
        return TerminalLines()
    from provisioner.core.distribution import install_extra

    note(f"without line editing; install it: {install_extra('chat')}")
    return PlainTerminalLines()
