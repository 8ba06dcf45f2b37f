"""Defines the events of a turn, which are the same on all targets. Events cannot be changed.

Texts in events come from the API or from functions and may contain control characters. The modules that show events
make the texts safe for output.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

#: How a turn ended. `cut` means that the connection ended before the API said that the answer is complete. `expired`,
#: `incomplete` and `failed` come from the API, `cancelled` from the user.
Status = Literal["completed", "incomplete", "failed", "cancelled", "expired", "cut"]
#: Where the result of a function comes from.
Origin = Literal["local", "person", "mock", "none"]


@dataclass(frozen=True, slots=True)
class Started:
    """The API has accepted the message. `id` is the id of the response (Responses API), the run, or the turn of the
    session. `within` is the id of the conversation, thread or session, or None.

    On target `responses`, each round of function calls has its own response, and therefore its own event of this type.
    """

    id: str
    within: str | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the assistant's answer. `item` is the id of the message to which the piece belongs."""

    text: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class TextDone:
    """A message of the assistant is complete. `text` is its whole text, even if pieces of it were yielded before."""

    text: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model refuses to answer. `text` is its explanation."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A summary of the model's reasoning."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Code that runs at OpenAI, in a code interpreter or a shell. `call` is the id of the call. The output of the code
    has the same id. `language` is `python` or `shell`.
    """

    code: str
    call: str = ""
    language: str = "python"


@dataclass(frozen=True, slots=True)
class CodeOutput:
    """The output of the code with the id `call`. It has the printed text, and the ids of files or the URLs of images
    that the code made.
    """

    output: str
    call: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage that a search in vector stores found. `score` is from 0 to 1, or None if the API did not
    return it.
    """

    file_id: str
    filename: str
    score: float | None = None
    text: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Searched:
    """A search in vector stores is complete. `hits` is empty if no passage was found, or if the API did not return the
    passages. In the second case, `has_hits` is false.
    """

    queries: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    call: str = ""
    has_hits: bool = True


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation in the answer: of a file (`file_id`, `filename`) or of a web page (`url`, `title`). `index` is its
    position in the text of the message, in characters. It is None if the API did not return it. `quote` is the cited
    passage if it is known. `score` is the score of the file in the last search.
    """

    file_id: str = ""
    filename: str = ""
    url: str = ""
    title: str = ""
    quote: str = ""
    index: int | None = None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class FunctionCalled:
    """The model calls a function and waits for its result. `arguments` is the text that the model wrote,
    usually JSON.
    """

    call: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class FunctionAnswered:
    """The result of a function call, which is sent to the model. `call` is the id of the call. If `failed` is true,
    `output` describes an error.
    """

    call: str
    name: str
    output: str
    origin: Origin = "local"
    failed: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class WebSearched:
    """A call of the web search. `action` is `search`, `open_page` or `find_in_page`. `query` is the search text, or the
    page that was opened.
    """

    query: str
    action: str = "search"
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class McpCalled:
    """A call of a tool of an MCP server, with its output or its error."""

    server: str
    name: str
    arguments: str
    output: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class OtherItem:
    """An item of the answer that has no event type of its own, such as an image. `type` is the item's type in
    the API.
    """

    type: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """The number of tokens of a whole turn. The cached tokens are included in the input tokens, and the reasoning
    tokens in the output tokens.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """The sum of input and output tokens."""
        return self.input_tokens + self.output_tokens

    def plus(self, other: Usage) -> Usage:
        """Returns the sums of both numbers of tokens."""
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """A message about the turn that is neither part of the answer nor an error."""

    text: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The turn failed. `code` is the API's error code, or one of `max_turns`, `stream_cut` and `needs_action`."""

    message: str
    code: str = ""
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of a turn. `seconds` is the duration of the turn, including the time of local functions."""

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
