"""Makes a text safe for output while the text arrives in pieces. The answer of a model is such a text."""

from __future__ import annotations

import re

from provisioner.core.text.redaction import length_of_unfinished
from provisioner.core.text.safetext import SafeText, block

#: The end of a piece that could become a command to a CI runner with the next piece.
UNFINISHED_COMMAND = re.compile(r"(?:(?:^|\n)[^\S\n]*:|#{1,2}\w{0,20})\Z")
#: Characters that are shown or escaped depending on the next one.
JOINING = re.compile(r"[\u200c\u200d\ufe0f]{1,12}\Z")
#: What is put before a piece in the middle of a line, so that it is not taken for the beginning of the line.
BEFORE = "."


class Pieces:
    """The text of a stream. Its pieces are made safe for output one by one. The end of a piece is not written before
    the next piece arrives, if this end could be the beginning of a secret or of a command to a CI runner.
    """

    def __init__(self) -> None:
        self._kept = ""
        self._last = "\n"

    def add(self, piece: str) -> SafeText:
        """Adds the next piece of the text, and returns the safe text that can be written now."""
        text = self._kept + piece
        joining = JOINING.search(text)
        kept = len(joining[0]) if joining else 0
        end = len(text) - max(kept, length_of_unfinished(text), self._command_length(text))
        self._kept = text[end:]
        return self._safe(text[:end])

    def finish(self) -> SafeText:
        """Returns the safe text of the end that was not written yet. Afterwards, a new text can be added."""
        text, self._kept = self._kept, ""
        safe = self._safe(text)
        self._last = "\n"
        return safe

    def _command_length(self, text: str) -> int:
        found = UNFINISHED_COMMAND.search(text)
        if found is None or (found.start() == 0 and text[:1] not in ("#", "\n") and self._last != "\n"):
            return 0
        return len(text) - found.start()

    def _safe(self, text: str) -> SafeText:
        if not text:
            return SafeText("")
        if self._last == "\n":
            safe = block(text)
        else:
            # The last character decides how some characters after it are shown.
            before = block(BEFORE + self._last)
            safe = SafeText(block(BEFORE + self._last + text)[len(before) :])
        self._last = text[-1]
        return safe
