"""The colours of text on terminals."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.planning.plan import Action

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

#: The sign of several changes on one line is that of the first of these actions that occurs.
GRAVEST = (
    Action.DELETE,
    Action.REPLACE,
    Action.FORGET,
    Action.UPDATE,
    Action.ADOPT,
    Action.CREATE,
    Action.NO_OP,
)


@dataclass(frozen=True, slots=True)
class Style:
    """Colours text with ANSI codes, or leaves it unchanged if colours are disabled. `width` is the width of the
    terminal in columns, or None if lines are not wrapped.
    """

    enabled: bool = False
    width: int | None = None

    def paint(self, text: str, name: str) -> str:
        """Returns the text in the colour that CODES has under this name."""
        return f"\033[{CODES[name]}m{text}\033[0m" if self.enabled and text and name else text

    def action(self, action: Action, text: str) -> str:
        """Returns the text in the colour of the action."""
        return self.paint(text, SYMBOLS[action][1])
