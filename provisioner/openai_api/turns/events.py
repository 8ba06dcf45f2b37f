"""The events of a turn, the same on all targets. All of them are immutable.

Texts in events come from the API or from functions. They are not safe for output; the renderers make them safe.
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
    """The API has accepted the input. `id` is the id of the response, the run, or the session's turn. `within` is the
    id of the conversation, thread or session, or None.

    A turn on `responses` has one response, and so one of these events, for each round of function calls.
    """

    id: str
    within: str | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text. `item` is the id of the message to which the piece belongs."""

    text: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class TextDone:
    """A message of the assistant is complete; `text` is its whole text, also if its pieces came before."""

    text: str
    item: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """The model refuses to answer; `text` is its explanation."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A summary of the model's reasoning."""

    text: str


@dataclass(frozen=True, slots=True)
class Code:
    """Code that runs at OpenAI, in a code interpreter or a shell. `call` is the id of the call to which the output
    belongs too. `language` is `python` or `shell`.
    """

    code: str
    call: str = ""
    language: str = "python"


@dataclass(frozen=True, slots=True)
class CodeOutput:
    """What the code of the call `call` printed, and the ids of the files or the URLs of the images that it made."""

    output: str
    call: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage that a search in vector stores found. `score` is from 0 to 1; None if the API did not return it."""

    file_id: str
    filename: str
    score: float | None = None
    text: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Searched:
    """A search in vector stores is complete. `hits` is empty if nothing was found or the API did not return the hits;
    `has_hits` distinguishes both.
    """

    queries: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    call: str = ""
    has_hits: bool = True


@dataclass(frozen=True, slots=True)
class Citation:
    """The answer cites a file (`file_id`, `filename`) or a page (`url`, `title`). `index` is the position in the text
    of the message, in characters; None if the API did not return it. `quote` is the cited passage where it is known,
    and `score` the score of the file in the last search.
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
    """The model asks for the result of a function. `arguments` is the text that the model wrote, usually JSON."""

    call: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class FunctionAnswered:
    """The result of the function call `call`, which is sent to the model. `failed` means that `output` describes an
    error.
    """

    call: str
    name: str
    output: str
    origin: Origin = "local"
    failed: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class WebSearched:
    """A call of the web search. `action` is `search`, `open_page` or `find_in_page`; `query` is what was searched for
    or opened.
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
    """Another item of the answer, such as an image. `type` is the type that the API gives it."""

    type: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of the whole turn. The cached tokens are part of the input, the reasoning tokens of the output."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """The sum of input and output tokens."""
        return self.input_tokens + self.output_tokens

    def plus(self, other: Usage) -> Usage:
        """Returns the sum of both usages."""
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
    """The turn did not complete. `code` is the API's error code, or `max_turns`, `stream_cut` or `needs_action`."""

    message: str
    code: str = ""
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The last event of a turn. `seconds` is the time from the input to the end, including local functions."""

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
