"""Defines the outputs of one turn: messages, calls of tools, and the results of these calls. The types do not depend on
the format of an API.

Earlier outputs of a conversation are also items of a later `Turn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Hit:
    """Contains a passage that file_search found. `score` says how well the passage matches, from 0 to 1. `number` is
    the position of the passage in its file, from 0.
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
    """Contains a citation of the passage `hit`. The citation is placed after the first `position` characters of the
    text. The text itself contains no marker such as `【4:0†source】`.
    """

    position: int
    hit: Hit


@dataclass(frozen=True, slots=True)
class UrlCitation:
    """Contains a citation of a web page. The citation belongs to the text from the character `start` up to the
    character `end`.
    """

    start: int
    end: int
    url: str
    title: str


@dataclass(frozen=True, slots=True)
class MadeFile:
    """Contains a file that code has written. `id` identifies the file in the workspace of the turn."""

    id: str
    filename: str
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class MadeFileCitation:
    """Contains a link to a file that code has written. The link belongs to the text from the character `start` up to
    the character `end`.
    """

    start: int
    end: int
    file: MadeFile


Annotation = FileCitation | UrlCitation | MadeFileCitation


@dataclass(frozen=True, slots=True)
class Text:
    """Contains a complete message of the assistant: its text and its annotations. The annotations are in the order of
    their positions in the text.
    """

    text: str
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True, slots=True)
class TextPiece:
    """Contains a piece of a message that is not complete yet. The pieces of a message follow each other without gaps.
    After them comes the `Text` with the whole message.

    `start` is the number of characters before the piece. The positions of the piece's annotations are positions in the
    whole message.
    """

    text: str
    start: int = 0
    annotations: tuple[FileCitation, ...] = ()

    def alone(self) -> Text:
        """Returns the piece as a separate `Text`. The positions of its annotations are then positions in this text."""
        notes = (FileCitation(each.position - self.start, each.hit) for each in self.annotations)
        return Text(self.text, tuple(notes))


@dataclass(slots=True)
class SentText:
    """Counts the part of a message that has been sent in pieces: `size` is the number of characters, and `annotations`
    the number of annotations.
    """

    size: int = 0
    annotations: int = 0

    def add(self, piece: TextPiece) -> None:
        """Counts a piece that has been sent."""
        self.size += len(piece.text)
        self.annotations += len(piece.annotations)

    def rest_of(self, text: Text) -> TextPiece | None:
        """Returns the part of the whole message `text` that has not been sent yet, as one piece. Returns None if
        everything has been sent.
        """
        notes = tuple(each for each in text.annotations[self.annotations :] if isinstance(each, FileCitation))
        rest = text.text[self.size :]
        return TextPiece(rest, self.size, notes) if rest or notes else None


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Contains the summary of the model's reasoning."""

    summary: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Reports that the model refuses to answer. `text` is the model's explanation."""

    text: str


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """Contains a call of a function of the application. `arguments` is JSON. The turn ends after its function calls. A
    later turn contains the results of the calls as `FunctionResult` items.
    """

    name: str
    arguments: str
    call_id: str


@dataclass(frozen=True, slots=True)
class CustomCall:
    """Contains a call of a custom tool of the application. The input of a custom tool is plain text."""

    name: str
    input: str
    call_id: str


@dataclass(frozen=True, slots=True)
class FileSearch:
    """Contains a search in the vector stores, and the passages that the search found, the best first."""

    queries: tuple[str, ...]
    hits: tuple[Hit, ...] = ()


@dataclass(frozen=True, slots=True)
class CodeRun:
    """Contains a run of the code interpreter: the code, its printed text, and the files that it has written. `ok` is
    False if the code ended with an error.
    """

    code: str
    logs: str = ""
    files: tuple[MadeFile, ...] = ()
    ok: bool = True

    @property
    def images(self) -> tuple[MadeFile, ...]:
        """Returns the images among the files that the code has written."""
        return tuple(file for file in self.files if file.filename.lower().endswith((".png", ".jpg", ".jpeg")))


@dataclass(frozen=True, slots=True)
class WebSearch:
    """Contains a web search. The emulator does not search the web; the sources come from the script."""

    query: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class McpCall:
    """Contains a call of a tool of an MCP server. The emulator calls no MCP server; the output comes from the script.
    `arguments` is JSON. If `error` is set, the call has failed.
    """

    server_label: str
    name: str
    arguments: str
    output: str = ""
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Reports that the turn has failed. `code` is an error code of the API, such as `rate_limit_exceeded`. A Failure is
    the last output of its turn.
    """

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Incomplete:
    """Reports that the turn ended too early. `reason` is `max_output_tokens` or `content_filter`. An Incomplete is the
    last output of its turn.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Expired:
    """Reports that the turn did not end in time. A run then gets the status `expired`, and a response fails. An Expired
    is the last output of its turn.
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
