"""Limits the size of messages, costs and the picture on a page. Items that do not fit are left out and counted.

Changes are never left out or shortened, whatever their size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from provisioner.review.render.html.element import Markup, element

T = TypeVar("T")

WHERE = "provision show FILE --json"


def counted(count: int, noun: str) -> str:
    """Returns a number with its noun: `1 message`, or in the plural `12,345 messages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def left_out_note(what: str) -> Markup:
    """Returns an element with a note. It says what is left out of the page (`what`, for example `3 messages`) and which
    command shows it.
    """
    verb = "is" if what.startswith("1 ") and " and " not in what else "are"
    has = "has it" if verb == "is" else "has them all"
    return element(
        "p", {"class": "left-out"}, f"… {what} {verb} not shown here; ", element("code", None, WHERE), f" {has}"
    )


@dataclass(slots=True)
class Budget:
    """The number of bytes that the page, or a part of it, may still take (`left`)."""

    left: int

    def take(self, markup: Markup) -> bool:
        """Returns whether the HTML fits into the budget. If it fits, its number of bytes is subtracted from the
        budget.
        """
        size = len(markup.encode())
        if size > self.left:
            return False
        self.left -= size
        return True

    def take_all(self, items: Sequence[T], render: Callable[[T], Markup], most: int) -> tuple[list[Markup], int]:
        """Returns the HTML of the first items, and the number of items left out. After the first item that does not fit
        into the budget or into `most` bytes, all items are left out. `render` returns the HTML of an item.
        """
        part = Budget(min(most, self.left))
        taken: list[Markup] = []
        for item in items:
            markup = render(item)
            if not part.take(markup):
                break
            taken.append(markup)
            self.take(markup)
        return taken, len(items) - len(taken)
