"""Makes texts safe for output: hides secrets, and escapes everything that a terminal or a CI log would interpret.

Names, messages of servers and contents of files are not trusted. On a terminal, a control character could move the
cursor or change an earlier line. In the log of a CI job, a line could be a command to the runner.
"""

from __future__ import annotations

import re

from provisioner.core.text.redaction import redact, redact_data
from provisioner.core.text.visible import make_visible, on_one_line

#: The colours of `provisioner.review.render.style`; all other escape sequences of terminals are removed.
COLOUR = re.compile(r"\x1b\[(?:0|1|2|3[1-5]|3[12];7)m")
#: A command to a runner. GitHub's runner interprets a line that begins with `::` after whitespace, or that has `##[`
#: anywhere (actions/runner, src/Runner.Common/ActionCommand.cs). Other runners interpret `##vso[` and `##teamcity[`.
COMMAND = re.compile(r"^((?:[^\S\n]|\x1b\[[0-9;]*m)*):(?=:)|#(?=#\w*\[)", re.MULTILINE)


class SafeText(str):
    """A text that is safe to write to the output unchanged. Such texts are made by the functions of this module, by the
    class `Pieces`, and by modules of the package `review.render`.
    """

    __slots__ = ()


class Lines(str):
    """A message that may have several lines. A message of any other type is displayed on one line."""

    __slots__ = ()


def line(text: str, *, colours: bool = False) -> SafeText:
    """Returns a safe form of a message on one line. Line breaks are escaped. If `colours` is True, the colour codes
    that provision itself writes are kept; otherwise they are escaped too.
    """
    return SafeText(_break_commands(_visible(redact(text), colours=colours, one_line=True)))


def message(text: str, *, colours: bool = False) -> SafeText:
    """Returns a safe form of a message. It has several lines if the type of `text` is Lines, otherwise one line. If
    `colours` is True, the colour codes that provision itself writes are kept; otherwise they are escaped.
    """
    return block(redact(text), colours=colours) if isinstance(text, Lines) else line(text, colours=colours)


def block(text: str, *, colours: bool = False) -> SafeText:
    """Returns a safe form of `text`, which a renderer of provision made. The text may have several lines. If `colours`
    is True, the colour codes that provision itself writes are kept; otherwise they are escaped.
    """
    return SafeText(_break_commands(_visible(redact_data(text), colours=colours, one_line=False)))


def log(text: str) -> SafeText:
    """Returns a safe form of `text`, which a library wrote to stderr. The text may have several lines. Colours are
    escaped.
    """
    return block(redact(text))


def lines(*parts: str) -> Lines:
    """Returns a message in which each of `parts` is on its own line."""
    return Lines("\n".join(map(on_one_line, parts)))


def split(text: str) -> list[str]:
    """Returns the lines of a message, with secrets hidden. The list has more than one line only if the type of `text`
    is Lines.
    """
    shown = redact(text)
    return [on_one_line(each) for each in (shown.split("\n") if isinstance(text, Lines) else [shown])]


def _visible(text: str, *, colours: bool, one_line: bool) -> str:
    show = on_one_line if one_line else make_visible
    if not colours or "\x1b" not in text:
        return show(text)
    pieces, start = [], 0
    for found in COLOUR.finditer(text):
        pieces += [show(text[start : found.start()]), found[0]]
        start = found.end()
    return "".join([*pieces, show(text[start:])])


def _break_commands(text: str) -> str:
    if "::" not in text and "##" not in text:
        return text  # Most texts. The expression needs many times as long.
    return COMMAND.sub(lambda found: r"\x23" if found[0] == "#" else f"{found[1]}\\x3a", text)
