"""Defines the outputs of one turn, in the order in which the model makes them. They do not depend on the format of an
API.

The outputs of earlier turns also occur as items of a later `Turn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that file_search found. `score` is from 0 to 1. `number` is the position of the passage in its file,
    from 0.
    """

    file_id: str
    filename: str
    store_id: str
    score: float
    text: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0


@dataclass(frozen=True, slots=True)
class FileCitation:
    """A citation of a passage. Its place is after the first `position` characters of the text. The text itself contains
    no marker such as `【4:0†source】`.
    """

    position: int
    hit: Hit


@dataclass(frozen=True, slots=True)
class UrlCitation:
    """A citation of a web page. It belongs to the characters `start` to `end` of the text."""

    start: int
    end: int
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file that code has written. `id` is the id under which the workspace has stored the file."""

    id: str
    filename: str
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class MadeFileCitation:
    """A link to a file that code has written, at the characters `start` to `end` of the text."""

    start: int
    end: int
    file: MadeFile


Annotation = FileCitation | UrlCitation | MadeFileCitation


@dataclass(frozen=True, slots=True)
class Text:
    """A message of the assistant. Its annotations are in the order of their positions in the text."""

    text: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPiece:
    """A part of a message that is not complete yet. Pieces precede the `Text` that contains all of them, and follow
    each other without gaps. `start` is the number of characters before the piece. The positions of its annotations
    belong to the whole text.
    """

    text: str
    start: int = 0
    annotations: tuple[FileCitation, ...] = ()

    def alone(self) -> Text:
        """Returns the piece as a text of its own. The positions of its annotations belong to this text."""
        notes = (FileCitation(each.position - self.start, each.hit) for each in self.annotations)
        return Text(self.text, tuple(notes))


@dataclass(slots=True)
class SentText:
    """How much of a message has been sent in pieces: the number of characters, and the number of annotations."""

    size: int = 0
    annotations: int = 0

    def add(self, piece: TextPiece) -> None:
        """Counts a piece that is sent."""
        self.size += len(piece.text)
        self.annotations += len(piece.annotations)

    def rest_of(self, text: Text) -> TextPiece | None:
        """Returns what is left of the whole message as one piece, or None if everything was sent."""
        notes = tuple(each for each in text.annotations[self.annotations :] if isinstance(each, FileCitation))
        rest = text.text[self.size :]
        return TextPiece(rest, self.size, notes) if rest or notes else None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """The summary of the model's reasoning."""

    summary: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The model refuses to answer. `text` is its explanation."""

    text: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A call of a function of the application. `arguments` is JSON. The turn ends after its calls. A later turn has
    their results (`FunctionResult`).
    """

    name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, slots=True)
class CustomCall:
    """A call of a custom tool of the application, whose input is plain text."""

    name: str
    input: str
    call_id: str


@dataclass(frozen=True, slots=True)
class FileSearch:
    """A search in the vector stores, and the passages that it found, the best first."""

    queries: tuple[str, ...]
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeRun:
    """A run of the code interpreter: the code, its printed text, and the files that it has written. `ok` is False if
    the code ended with an error.
    """

    code: str
    logs: str = ""
    files: tuple[MadeFile, ...] = ()
    ok: bool = True

    @property
    def images(self) -> tuple[MadeFile, ...]:
        """The images among the written files."""
        return tuple(file for file in self.files if file.filename.lower().endswith((".png", ".jpg", ".jpeg")))


@dataclass(frozen=True, slots=True)
class WebSearch:
    """A web search. The emulator does not search the web; the sources come from the script."""

    query: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class McpCall:
    """A call of a tool of an MCP server. The emulator calls no server; the output comes from the script. `arguments` is
    JSON. If `error` is set, the call has failed.
    """

    server_label: str
    name: str
    arguments: str
    output: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """The turn has failed. `code` is the error code of a failed response or run, such as `rate_limit_exceeded`. This is
    the last output.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The turn ended too early. `reason` is `max_output_tokens` or `content_filter`. This is the last output."""

    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """The turn did not end in time. A run then has the status `expired`, and a response fails. This is the last
    output.
    """


Output = (
    Text
    | Reasoning
    | Refused
    | FunctionCall
    | CustomCall
    | FileSearch
    | CodeRun
    | WebSearch
    | McpCall
    | Failure
    | Incomplete
    | Expired
)
#: What a model yields: its outputs, and pieces of a message that is not complete yet.
Produced = Output | TextPiece
