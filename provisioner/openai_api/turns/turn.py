"""Defines the data that a turn receives and returns: the message of the user, the results of functions, and the record
of the whole turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from typing import Any, Protocol

from msgspec import Struct, field

from provisioner.openai_api.turns.events import (
    Citation,
    Code,
    CodeOutput,
    Ended,
    Failed,
    FunctionAnswered,
    FunctionCalled,
    McpCalled,
    Refusal,
    Searched,
    Status,
    TextDelta,
    TextDone,
    TurnEvent,
    Usage,
    WebSearched,
)

#: The beginning of the name of the part of a price that is for tokens; the name of the model follows.
TOKENS_OF = "tokens of "


class Attachment(Struct, frozen=True):
    """Describes a file that the user attaches to a message. `id` is the id of the uploaded file at OpenAI."""

    id: str
    filename: str


class Message(Struct, frozen=True):
    """Contains the input of one turn: a text and attached files."""

    text: str
    files: tuple[Attachment, ...] = ()


#: A function that returns the result of a function call. It may block, and it raises Cancelled to end the turn.
Answer = Callable[[FunctionCalled], FunctionAnswered]


class Cancelled(Exception):
    """Raised if the user cancels the running turn."""


class NoAnswer(Exception):
    """Raised if nothing can give the result of a function call: neither a local function, nor a mock, nor the user. The
    message contains the reason, and `hint` says what the user should do.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


class Price(Struct, frozen=True):
    """Contains the estimated price of a turn in USD. If some prices are not known, `usd` is None, and `unknown`
    contains the names of the items without a known price.
    """

    usd: float | None = None
    unknown: tuple[str, ...] = ()


class Leftover(Struct, frozen=True):
    """Describes an object that a conversation created at OpenAI and that still exists. `type` is the type of the
    object, such as `thread`. `reason` is a text for the user: the reason why the object could not be deleted, or the
    name of an uploaded file.
    """

    type: str
    id: str
    reason: str = ""


class Conversation(Protocol):
    """Defines the interface of a conversation with one assistant, in several turns. Each target (the API that an
    assistant is made for) has a class with this interface. Only one thread at a time may use a conversation.
    """

    def run(
        self, message: Message, answer: Answer, instructions: str | None = None
    ) -> Generator[TurnEvent, None, None]:
        """Sends `message`, and yields the events of one turn as they arrive. The last event is `Ended`. The function
        `answer` returns the result of a function call. It is called between the events `FunctionCalled` and
        `FunctionAnswered`. `instructions` replaces the assistant's instructions for this turn (None: they are not
        replaced). On the target `agents`, only the first turn uses `instructions`, for the whole conversation.

        Raises ApiError if the API returns an error before the answer begins. A later error is yielded as the events
        `Failed` and `Ended`.
        """
        ...

    def cancel(self) -> None:
        """Cancels the running turn at the API. Does nothing if no turn is running. Raises no error if the turn has just
        ended.
        """
        ...

    def created(self) -> list[Leftover]:
        """Returns the objects at OpenAI that exist only for this conversation, such as its thread."""
        ...

    def close(self) -> list[Leftover]:
        """Deletes the objects at OpenAI that exist only for this conversation. Returns the objects that could not be
        deleted. A second call does nothing.
        """
        ...


class Turn(Struct):
    """Contains the result of one turn. `text` contains all messages of the assistant, with blank lines between them.
    `cost` is the estimated cost in USD. If some prices are not known, `cost` is None, and `unpriced` contains the names
    of the items without a known price.

    `events` contains all events in the order in which they occurred, except the pieces of texts. `times` contains the
    time of each event, in seconds since the beginning of the turn.
    """

    text: str = ""
    status: Status = "cut"
    refusal: str = ""
    calls: list[FunctionCalled] = field(default_factory=list)
    answers: list[FunctionAnswered] = field(default_factory=list)
    searches: list[Searched] = field(default_factory=list)
    citations: list[Citation] = field(default_factory=list)
    code: list[Code] = field(default_factory=list)
    code_outputs: list[CodeOutput] = field(default_factory=list)
    web_searches: list[WebSearched] = field(default_factory=list)
    mcp_calls: list[McpCalled] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    seconds: float = 0.0
    cost: float | None = None
    unpriced: tuple[str, ...] = ()
    failure: Failed | None = None
    events: list[TurnEvent] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    _start: float = field(default_factory=time.monotonic)
    _pending: dict[str, list[str]] = field(default_factory=dict)

    def add(self, event: TurnEvent) -> None:
        """Adds an event to the turn, and sets the fields that the event determines, such as the text or the number of
        tokens.
        """
        if isinstance(event, TextDelta):
            self._pending.setdefault(event.item, []).append(event.text)
            return
        self.events.append(event)
        self.times.append(time.monotonic() - self._start)
        if isinstance(event, TextDone):
            self._pending.pop(event.item, None)
            self._append_text(event.text)
        elif isinstance(event, Refusal):
            self.refusal = event.text
        elif isinstance(event, Usage):
            self.usage = event
        elif isinstance(event, Failed):
            self.failure = event
        elif isinstance(event, Ended):
            self.status, self.seconds = event.status, event.seconds
            self._finish()
        else:
            self._add_item(event)

    def _append_text(self, text: str) -> None:
        self.text = f"{self.text}\n\n{text}" if self.text and text else self.text or text

    def _finish(self) -> None:
        """Adds the texts of incomplete messages to the turn. A message is incomplete if the stream ended too early."""
        for pieces in self._pending.values():
            self._append_text("".join(pieces))
        self._pending.clear()

    def _add_item(self, event: TurnEvent) -> None:
        lists: Mapping[type, list[Any]] = {
            FunctionCalled: self.calls,
            FunctionAnswered: self.answers,
            Searched: self.searches,
            Citation: self.citations,
            Code: self.code,
            CodeOutput: self.code_outputs,
            WebSearched: self.web_searches,
            McpCalled: self.mcp_calls,
        }
        if type(event) in lists:
            lists[type(event)].append(event)
