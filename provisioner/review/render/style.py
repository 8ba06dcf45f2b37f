"""Defines the colours and signs of text on terminals."""

from __future__ import annotations

from msgspec import Struct

from provisioner.planning.action import Action

CODES = {
    **{"red": "31", "green": "32", "yellow": "33", "blue": "34", "magenta": "35", "dim": "2", "bold": "1"},
    # Removed and added words, in a line that is red or green already.
    **{"went": "31;7", "came": "32;7"},
}

SYMBOLS = {
    Action.CREATE: ("+", "green"),
    Action.UPDATE: ("~", "yellow"),
    Action.REPLACE: ("±", "magenta"),
    Action.DELETE: ("-", "red"),
    Action.ADOPT: ("←", "blue"),
    Action.FORGET: ("×", "dim"),
    Action.NO_OP: (" ", "dim"),
}

#: The actions from the most to the least severe. A line about several changes has the sign of the first action in this
#: order that occurs in them.
GRAVEST = (
    Action.DELETE,
    Action.REPLACE,
    Action.FORGET,
    Action.UPDATE,
    Action.ADOPT,
    Action.CREATE,
    Action.NO_OP,
)


class Style(Struct, frozen=True):
    """The style of text on a terminal. If `enabled` is True, text is coloured with ANSI codes. `width` is the width of
    the terminal in columns. If `width` is None, lines are not wrapped.
    """

    enabled: bool = False
    width: int | None = None

    def paint(self, text: str, name: str) -> str:
        """Returns the text in the colour `name`, a name in CODES. If colours are disabled or `name` is empty, returns
        the text unchanged.
        """
        return f"\033[{CODES[name]}m{text}\033[0m" if self.enabled and text and name else text

    def action(self, action: Action, text: str) -> str:
        """Returns the text in the colour of the action. If colours are disabled, returns the text unchanged."""
        return self.paint(text, SYMBOLS[action][1])
