"""Writes transcripts of dialogues as Markdown or JSON. A transcript contains the messages of the user, the events, and
the status of each turn. Only JSON contains all events; Markdown contains those that people read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field

from provisioner.core.text.safetext import SafeText, block, line
from provisioner.openai_api.turns.events import (
    Citation,
    Code,
    CodeOutput,
    Failed,
    FunctionAnswered,
    FunctionCalled,
    Refusal,
    Searched,
    TextDone,
    TurnEvent,
)
from provisioner.openai_api.turns.turn import Message, Turn
from provisioner.review.render.json_text import dumps
from provisioner.review.render.style import Style
from provisioner.review.render.turns.turn_json import event_json, turn_json
from provisioner.review.render.turns.turn_text import event_text, summary_text

PLAIN = Style()
MARK = "<!-- provision transcript -->"
#: What a transcript says at the end of a turn that did not complete.
NOTES = {
    "cut": "The connection ended in the middle of this answer; the rest of it is missing.",
    "cancelled": "The user cancelled this turn; the answer may be incomplete.",
    "failed": "This turn failed; the answer may be incomplete.",
    "expired": "The run expired; the answer may be incomplete.",
    "incomplete": "The answer is incomplete.",
}


class Transcript(Struct):
    """The turns (messages and answers) of one dialogue until now. `about` contains the name, the target (the API), the
    model and the release of the assistant.
    """

    about: dict[str, Any]
    turns: list[tuple[Message, Turn]] = field(default_factory=list)

    def text(self, *, as_json: bool) -> SafeText:
        """Returns the whole transcript. If `as_json` is True, its format is JSON, otherwise Markdown."""
        return self._json() if as_json else self._markdown()

    def _json(self) -> SafeText:
        turns = [
            {
                "input": message.text,
                "files": [each.filename for each in message.files],
                "events": [event_json(event) for event in turn.events],
                **{key: value for key, value in turn_json(turn).items() if key != "event"},
                "note": NOTES.get(turn.status),
            }
            for message, turn in self.turns
        ]
        return dumps({"transcript": self.about, "turns": turns})

    def _markdown(self) -> SafeText:
        about = ", ".join(f"{key} {value}" for key, value in self.about.items() if value not in (None, ""))
        lines = [MARK, f"# Transcript: {line(about)}", ""]
        for message, turn in self.turns:
            lines += ["## User", "", message.text, ""]
            lines += [*(f"- file {each.filename}" for each in message.files), ""] if message.files else []
            lines += ["## Assistant", "", *_turn(turn)]
        return block("\n".join(lines))


def _turn(turn: Turn) -> Iterator[str]:
    said = [event for event in turn.events if isinstance(event, TextDone)]
    for event in turn.events:
        yield from _event(event)
    rest = turn.text.removeprefix("\n\n".join(event.text for event in said)).strip("\n")
    if rest:
        yield from (rest, "")
    if turn.status in NOTES:
        yield from (f"> **{turn.status}**: {NOTES[turn.status]}", "")
    yield from (f"*{summary_text(turn, PLAIN)}*", "")


def _event(event: TurnEvent) -> Iterator[str]:
    if isinstance(event, TextDone):
        yield from (event.text, "")
    elif isinstance(event, Refusal):
        yield from (f"> refused: {line(event.text)}", "")
    elif isinstance(event, Code):
        yield from (_fenced(event.code, event.language), "")
    elif isinstance(event, CodeOutput):
        yield from (_fenced(event.output, "text"), *(f"- file {each}" for each in event.files), "")
    elif isinstance(event, FunctionCalled):
        yield from (f"Function `{line(event.name)}` was called with:", "", _fenced(event.arguments, "json"), "")
    elif isinstance(event, FunctionAnswered):
        result = "error" if event.failed else "result"
        yield from (f"The {result} of `{line(event.name)}` ({event.origin}):", "", _fenced(event.output, "text"), "")
    elif isinstance(event, Citation):
        score = "" if event.score is None else f", score {event.score:.2f}"
        yield from (f"- cites {line(event.filename or event.url or event.file_id)}{score}", "")
    elif isinstance(event, Failed):
        yield from (f"> error: {line(event.message)}" + (f" ({line(event.code)})" if event.code else ""), "")
    elif isinstance(event, Searched) or event_text(event, PLAIN):
        yield from (_fenced(event_text(event, PLAIN), "text"), "")


def _fenced(text: str, language: str) -> str:
    """Returns the text as a block of Markdown code. The fences of the block are longer than every sequence of
    backquotes in the text.
    """
    longest = max((len(run) for run in _backticks(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _backticks(text: str) -> Iterator[str]:
    run = ""
    for character in text:
        if character == "`":
            run += character
        elif run:
            yield run
            run = ""
    if run:
        yield run
