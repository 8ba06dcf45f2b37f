"""Limits the size of messages, costs and the picture on the HTML page. Items that do not fit are left out and counted.

Changes are never left out or shortened because of these limits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct

from provisioner.review.render.html.element import Markup, element

T = TypeVar("T")

WHERE = "provision show FILE --json"


def counted(count: int, noun: str) -> str:
    """Returns a number with its noun: `1 message`, or in the plural `12,345 messages`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def left_out_note(what: str) -> Markup:
    """Returns an HTML element with a note. It says that a part is left out of the page, and which command shows this
    part. `what` names the part, for example `3 messages`.
    """
    verb = "is" if what.startswith("1 ") and " and " not in what else "are"
    has = "has it" if verb == "is" else "has them all"
    return element(
        "p", {"class": "left-out"}, f"… {what} {verb} not shown here; ", element("code", None, WHERE), f" {has}"
    )


class Budget(Struct):
    """A limit for the size of the page or of a part of it. `left` is the number of bytes that are still free."""

    left: int

    def take(self, markup: Markup) -> bool:
        """Subtracts the size of the HTML from the bytes that are still free, if the HTML fits. Returns whether it fits
        into the budget.
        """
        size = len(markup.encode())
        if size > self.left:
            return False
        self.left -= size
        return True

    def take_all(self, items: Sequence[T], render: Callable[[T], Markup], most: int) -> tuple[list[Markup], int]:
        """Returns two values: the HTML of the first items, and the number of items that are left out. Items are added
        until one does not fit into the budget or into `most` bytes; this item and all later ones are left out. The
        function `render` returns the HTML of an item.
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
