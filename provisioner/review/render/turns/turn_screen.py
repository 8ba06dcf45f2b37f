"""Shows turns, the messages of a dialogue and their answers, while they run. `PlainScreen` writes the text of answers
unchanged, for files and pipes. `MarkdownScreen` renders the Markdown of answers, for terminals.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TextIO

from provisioner.core.text.pieces import Pieces
from provisioner.core.text.safetext import SafeText, block
from provisioner.openai_api.turns.events import Refusal, TextDelta, TextDone, TurnEvent
from provisioner.openai_api.turns.turn import Turn
from provisioner.review.render.style import Style
from provisioner.review.render.turns.turn_text import citations_text, event_text, summary_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live

Write = Callable[[SafeText], None]

#: The shortest time in seconds between two drawings of the paragraph that is arriving.
REDRAWN = 0.05
#: The most characters of that paragraph that are drawn. All of it is written when it is complete.
DRAWN = 2_000
FENCE = "```"
BULLETS = ("- ", "* ", "+ ")


class PlainScreen:
    """Shows turns as plain text while they run. This class calls the function `write` with each piece of an answer. It
    calls the function `explain` with lines about everything else, such as function calls and citations.
    """

    def __init__(self, write: Write, explain: Write, style: Style) -> None:
        self._write = write
        self._explain = explain
        self.style = style
        self._pieces = Pieces()
        self._is_open = False

    def __call__(self, event: TurnEvent) -> None:
        """Shows an event of the turn immediately. Citations are shown when the turn ends, and some types of events are
        not shown.
        """
        if isinstance(event, TextDelta):
            self._add(event.text)
        elif isinstance(event, TextDone | Refusal):
            if not self._is_open:
                self._add(event.text)
            self._end_text()
        elif shown := event_text(event, self.style):
            self._end_text()
            self._explain(block(shown, colours=self.style.enabled))

    def stop(self) -> None:
        """Ends the text of the current message, because the rest of the turn will not be shown."""
        self._end_text()

    def end(self, turn: Turn) -> None:
        """Shows the citations and the summary of the turn, after it has ended."""
        self._end_text()
        for text in (citations_text(turn.citations, self.style), summary_text(turn, self.style)):
            if text:
                self._explain(block(text, colours=self.style.enabled))

    def _add(self, text: str) -> None:
        self._is_open = True
        if safe := self._pieces.add(text):
            self.draw(safe)

    def _end_text(self) -> None:
        """Ends the text of the current message. Does nothing if no text has begun."""
        if self._is_open:
            self._is_open = False
            if rest := self._pieces.finish():
                self.draw(rest)
            self.finish()

    def draw(self, text: SafeText) -> None:
        """Writes a piece of an answer."""
        self._write(text)

    def finish(self) -> None:
        """Writes the line end after the last line of an answer."""
        self._write(block("\n"))


class MarkdownScreen(PlainScreen):
    """Shows turns on the terminal `stream` while they run, with rendered Markdown. The current paragraph is shown as
    plain text. When the paragraph is complete, its rendered form takes its place. So each paragraph is rendered only
    once.
    """

    def __init__(self, stream: TextIO, explain: Write, style: Style) -> None:
        super().__init__(lambda text: None, explain, style)
        # All of rich is loaded before the first piece arrives, so that the piece is shown without delay.
        import rich.live
        import rich.markdown
        import rich.text
        from rich.console import Console

        self._rich: Any = rich
        self.console: Console = Console(file=stream, no_color=not style.enabled, highlight=False)
        self._live: Live | None = None
        self._paragraphs = Paragraphs()
        self._tail = ""
        self._drawn = 0.0

    def draw(self, text: SafeText) -> None:
        """Adds a piece of an answer to the current paragraph, and renders the paragraphs that are now complete."""
        self._tail = (self._tail + text)[-DRAWN:]
        if whole := self._paragraphs.add(text):
            self._render(whole)
            self._tail = self._paragraphs.rest()[-DRAWN:]
        now = time.monotonic()
        if now - self._drawn >= REDRAWN:
            self._drawn = now
            self._redraw()

    def finish(self) -> None:
        """Renders the last part of an answer, which is not yet rendered."""
        self._render(self._paragraphs.take_rest())
        self._tail, self._drawn = "", 0.0

    def _redraw(self) -> None:
        shown = last_rows(self._tail.strip("\n"), self.console.width, self.console.height - 1)
        if self._live is None:
            if not shown:
                return
            self._live = self._rich.live.Live(
                console=self.console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
                vertical_overflow="crop",
            )
            self._live.start()
        self._live.update(self._rich.text.Text(shown), refresh=True)

    def _render(self, text: str) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None
        if text.strip():
            # The text is safe already; no links are made of it, because a terminal would open them.
            Markdown = self._rich.markdown.Markdown  # noqa: N806
            self.console.print(Markdown(block(text), hyperlinks=False))


def last_rows(text: str, width: int, rows: int) -> str:
    """Returns the longest end of a text that takes at most `rows` rows of a terminal. `width` is the width of the
    terminal in columns.
    """
    from rich.cells import cell_len

    kept: list[str] = []
    for line in reversed(text.split("\n")):
        needed = max(1, -(-cell_len(line) // max(1, width)))
        if needed > rows:
            if not kept:  # Characters of some scripts take two columns.
                kept.append(line[-max(1, width // 2) * rows :])
            break
        kept.append(line)
        rows -= needed
    return "\n".join(reversed(kept))


class Paragraphs:
    """Splits a Markdown text, which is added in pieces, into paragraphs. A block of code or a list is kept together as
    one paragraph.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._is_code = False
        self._is_list = False

    def add(self, piece: str) -> str:
        """Adds a piece of the text. Returns the paragraphs that are now complete, or an empty string."""
        whole: list[str] = []
        first, *others = piece.split("\n")
        self._line.append(first)
        for each in others:
            line, self._line = "".join(self._line), [each]
            self._lines.append(line)
            if self._ends_paragraph(line):
                whole += self._lines
                self._lines = []
        return "".join(f"{line}\n" for line in whole)

    def rest(self) -> str:
        """Returns the end of the text, which is not yet a complete paragraph."""
        return "".join(f"{line}\n" for line in self._lines) + "".join(self._line)

    def take_rest(self) -> str:
        """Returns the end of the text, which is not yet a complete paragraph, and removes the whole text, so that a new
        text can begin.
        """
        rest = self.rest()
        self._lines, self._line, self._is_code, self._is_list = [], [], False, False
        return rest

    def _ends_paragraph(self, line: str) -> bool:
        stripped = line.strip()
        if stripped.startswith(FENCE):
            self._is_code = not self._is_code
        elif self._is_code:
            return False
        elif not stripped:
            return not self._is_list
        else:
            self._is_list = line[:1].isspace() or stripped[:2] in BULLETS or stripped[:1].isdigit()
        return False
