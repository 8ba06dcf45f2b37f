"""How much a page may hold: letters for each change, bytes for the page. What is left out is counted, and said."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from provisioner.render.html.element import NOTHING, Markup, element
from provisioner.view.prose import Line
from provisioner.view.words import Segment

T = TypeVar("T")

#: Letters of one change's texts and values that are shown.
LETTERS = 20_000
#: What a line, a mark and a field cost beside their letters: many short ones fill a page, too.
LINE, MARK, FIELD = 30, 20, 60
WHERE = "provision show FILE --json"


@dataclass(slots=True)
class Room:
    """The letters that a change may still show, and what did not fit."""

    letters: int = LETTERS
    fields_left_out: int = 0
    lines_left_out: int = 0
    letters_left_out: int = 0

    def take(self, text: str) -> str:
        """As much of the text's beginning as fits; the rest is counted."""
        taken = text[: max(0, self.letters)]
        self.letters -= len(taken)
        self.letters_left_out += len(text) - len(taken)
        return taken

    def take_line(self, line: Line) -> Line | None:
        """As much of the line as fits, or None where there is no room for a line."""
        if self.letters <= 0:
            self.lines_left_out += 1
            self.letters_left_out += sum(len(each.text) for each in line if each.kind != "gap")
            return None
        self.letters -= LINE
        return tuple(self._segments(line))

    def take_field(self) -> bool:
        """Whether there is room for another field; one that has none is counted."""
        if self.letters <= 0:
            self.fields_left_out += 1
            return False
        self.letters -= FIELD
        return True

    def note(self) -> Markup:
        """What did not fit since the last note, or nothing."""
        counts = (self.fields_left_out, "field"), (self.lines_left_out, "line"), (self.letters_left_out, "letter")
        self.fields_left_out = self.lines_left_out = self.letters_left_out = 0
        left_out = [counted(count, noun) for count, noun in counts if count]
        return left_out_note(" and ".join(left_out)) if left_out else NOTHING

    def _segments(self, line: Line) -> Iterator[Segment]:
        for each in line:
            if each.kind == "gap":
                yield each
                continue
            self.letters -= MARK if each.kind != "same" else 0
            text = self.take(each.text)
            if text:
                yield Segment(each.kind, text)


def counted(count: int, noun: str) -> str:
    """1 letter, 12,345 letters."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def left_out_note(what: str) -> Markup:
    """Says what is not on the page, and what has it."""
    verb = "is" if what.startswith("1 ") and " and " not in what else "are"
    has = "has it" if verb == "is" else "has them all"
    return element(
        "p", {"class": "left-out"}, f"… {what} {verb} not shown here; ", element("code", None, WHERE), f" {has}"
    )


@dataclass(slots=True)
class Budget:
    """The bytes that a page, or a part of it, may still take."""

    left: int

    def take(self, markup: Markup) -> bool:
        """Whether the markup fits; then it is paid for."""
        size = len(markup.encode())
        if size > self.left:
            return False
        self.left -= size
        return True

    def take_all(self, items: Sequence[T], render: Callable[[T], Markup], most: int) -> tuple[list[Markup], int]:
        """The first items as far as they fit into `most` bytes of what is left, and how many others there are."""
        part = Budget(min(most, self.left))
        taken: list[Markup] = []
        for item in items:
            markup = render(item)
            if not part.take(markup):
                break
            taken.append(markup)
            self.take(markup)
        return taken, len(items) - len(taken)
