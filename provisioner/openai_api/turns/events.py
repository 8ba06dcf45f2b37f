"""Defines the events of a turn. The events are the same on all targets, and are immutable.

Texts in events come from the API or from functions, and can contain control characters. The modules that show events
make the texts safe for output.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field

#: How a turn ended. `cut` means that the connection ended before the API said that the answer is complete. `expired`,
#: `incomplete` and `failed` come from the API, `cancelled` from the user.
Status = Literal["completed", "incomplete", "failed", "cancelled", "expired", "cut"]
#: Where the result of a function comes from.
Origin = Literal["local", "person", "mock", "none"]


class Started(Struct, frozen=True):
    """Reports that the API has accepted the message. `id` is the id of the response (Responses API), of the run, or of
    the turn of the session. `within` is the id of the conversation, thread or session. It is None if there is no such
    object at OpenAI.

    On the target `responses` (the Responses API), each round of function calls is a separate response. So one turn can
    contain several events of this type.
    """

    id: str
    within: str | None = None


class TextDelta(Struct, frozen=True):
    """Contains a piece of the assistant's answer. `item` is the id of the message to which the piece belongs."""

    text: str
    item: str = ""


class TextDone(Struct, frozen=True):
    """Reports that a message of the assistant is complete. `text` is the whole text, even if pieces of it were yielded
    before.
    """

    text: str
    item: str = ""


class Refusal(Struct, frozen=True):
    """Reports that the model refuses to answer. `text` is the model's explanation."""

    text: str


class Reasoning(Struct, frozen=True):
    """Contains a summary of the model's reasoning."""

    text: str


class Code(Struct, frozen=True):
    """Contains code that runs at OpenAI in a code interpreter or a shell. `call` is the id of the call. The output of
    the code has the same `call`. `language` is `python` or `shell`.
    """

    code: str
    call: str = ""
    language: str = "python"


class CodeOutput(Struct, frozen=True):
    """Contains the output of code. `output` is the printed text. `files` are the ids of the files and the URLs of the
    images that the code made. `call` is the id of the call that ran the code.
    """

    output: str
    call: str = ""
    files: tuple[str, ...] = ()


class Hit(Struct, frozen=True):
    """Contains one passage that a search in vector stores found. `score` is from 0 to 1. It is None if the API did not
    return it.
    """

    file_id: str
    filename: str
    score: float | None = None
    text: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


class Searched(Struct, frozen=True):
    """Reports that a search in vector stores is complete. `hits` are the passages that were found. If the API did not
    return the passages, `hits` is empty and `has_hits` is False. If no passage was found, `hits` is empty and
    `has_hits` is True.
    """

    queries: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    call: str = ""
    has_hits: bool = True


class Citation(Struct, frozen=True):
    """Contains a citation in the answer. A citation of a file has `file_id` and `filename`. A citation of a web page
    has `url` and `title`.

    `index` is the position of the citation in the text of the message, in characters. It is None if the API did not
    return it. `quote` is the cited passage if it is known. `score` is the highest score of the file in the searches of
    this turn (None: not known).
    """

    file_id: str = ""
    filename: str = ""
    url: str = ""
    title: str = ""
    quote: str = ""
    index: int | None = None
    score: float | None = None


class FunctionCalled(Struct, frozen=True):
    """Reports that the model calls a function and waits for the result. `arguments` is the text that the model wrote.
    It is usually JSON.
    """

    call: str
    name: str
    arguments: str


class FunctionAnswered(Struct, frozen=True):
    """Contains the result of a function call. The result is sent to the model. `call` is the id of the call. If
    `failed` is True, `output` describes an error.
    """

    call: str
    name: str
    output: str
    origin: Origin = "local"
    failed: bool = False
    seconds: float = 0.0


class WebSearched(Struct, frozen=True):
    """Reports a call of the web search. `action` is `search`, `open_page` or `find_in_page`. `query` is the search
    text, or the page that was opened.
    """

    query: str
    action: str = "search"
    sources: tuple[str, ...] = ()


class McpCalled(Struct, frozen=True):
    """Reports a call of a tool of an MCP server, with the output or the error of the call."""

    server: str
    name: str
    arguments: str
    output: str = ""
    error: str = ""


class OtherItem(Struct, frozen=True):
    """Reports an item of the answer for which no other type of event exists, such as an image. `type` is the type of
    the item in the API.
    """

    type: str
    id: str = ""


class Usage(Struct, frozen=True):
    """Contains the numbers of tokens that a turn has used so far. The last event of this type in a turn is for the
    whole turn. The number of input tokens includes the cached tokens. The number of output tokens includes the
    reasoning tokens.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """The number of input tokens plus the number of output tokens."""
        return self.input_tokens + self.output_tokens

    def plus(self, other: Usage) -> Usage:
        """Returns the sum of this usage and `other`. Each number of tokens is added separately."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


class Notice(Struct, frozen=True):
    """Contains a message to the user about the turn. The message is neither part of the answer nor an error."""

    text: str


class Failed(Struct, frozen=True):
    """Reports that the turn failed. `code` is an error code of the API, or a code of provision, such as `max_turns`,
    `stream_cut`, `needs_action` or `expired`.
    """

    message: str
    code: str = ""
    hint: str | None = None


class Ended(Struct, frozen=True):
    """Reports that the turn has ended. It is the last event of a turn. `seconds` is the duration of the turn, including
    the time of local functions.
    """

    status: Status
    seconds: float = 0.0


TurnEvent: TypeAlias = (
    Started
    | TextDelta
    | TextDone
    | Refusal
    | Reasoning
    | Code
    | CodeOutput
    | Searched
    | Citation
    | FunctionCalled
    | FunctionAnswered
    | WebSearched
    | McpCalled
    | OtherItem
    | Usage
    | Notice
    | Failed
    | Ended
)
