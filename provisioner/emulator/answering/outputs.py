"""Defines the outputs of one turn: messages, calls of tools, and the results of these calls. The types do not depend on
the format of an API.

Earlier outputs of a conversation are also items of a later `Turn`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field


class Hit(Struct, frozen=True):
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


class FileCitation(Struct, frozen=True):
    """Contains a citation of the passage `hit`. The citation is placed after the first `position` characters of the
    text. The text itself contains no marker such as `【4:0†source】`.
    """

    position: int
    hit: Hit


class UrlCitation(Struct, frozen=True):
    """Contains a citation of a web page. The citation belongs to the text from the character `start` up to the
    character `end`.
    """

    start: int
    end: int
    url: str
    title: str


class MadeFile(Struct, frozen=True):
    """Contains a file that code in the code interpreter has written. `id` identifies the file in the folder of the code
    interpreter.
    """

    id: str
    filename: str
    data: bytes = b""


class MadeFileCitation(Struct, frozen=True):
    """Contains a link to a file that code in the code interpreter has written. The link belongs to the text from the
    character `start` up to the character `end`.
    """

    start: int
    end: int
    file: MadeFile


Annotation = FileCitation | UrlCitation | MadeFileCitation


class Text(Struct, frozen=True):
    """Contains a complete message of the assistant: its text and its annotations. The annotations are in the order of
    their positions in the text.
    """

    text: str
    annotations: tuple[Annotation, ...] = ()


class TextPiece(Struct, frozen=True):
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


class SentText(Struct):
    """Counts the part of a message that has been sent in pieces: `size` is the number of characters, and `annotations`
    the number of annotations.
    """

    size: int = 0
    annotations: int = 0

    def add(self, piece: TextPiece) -> None:
        """Adds the numbers of characters and annotations of `piece`, which has been sent, to the counts."""
        self.size += len(piece.text)
        self.annotations += len(piece.annotations)

    def rest_of(self, text: Text) -> TextPiece | None:
        """Returns the part of the whole message `text` that has not been sent yet, as one piece. Returns None if
        everything has been sent.
        """
        notes = tuple(each for each in text.annotations[self.annotations :] if isinstance(each, FileCitation))
        rest = text.text[self.size :]
        return TextPiece(rest, self.size, notes) if rest or notes else None


class Reasoning(Struct, frozen=True):
    """Contains the summary of the model's reasoning."""

    summary: str


class Refused(Struct, frozen=True):
    """Reports that the model refuses to answer. `text` is the model's explanation."""

    text: str


class FunctionCall(Struct, frozen=True):
    """Contains a call of a function of the application, which is the program that uses the API. `arguments` is JSON.
    The result is not part of the turn: the input of a later turn contains it as a `FunctionResult` item.
    """

    name: str
    arguments: str
    call_id: str


class CustomCall(Struct, frozen=True):
    """Contains a call of a custom tool, which the application (the program that uses the API) runs. The input of a
    custom tool is plain text, and not JSON.
    """

    name: str
    input: str
    call_id: str


class FileSearch(Struct, frozen=True):
    """Contains a search in vector stores: the queries, and the passages that the search found, the best first."""

    queries: tuple[str, ...]
    hits: tuple[Hit, ...] = ()


class CodeRun(Struct, frozen=True):
    """Contains a run of the code interpreter: the code, its printed text, and the files that it has written. `ok` is
    False if the code ended with an error, or a limit ended it.
    """

    code: str
    logs: str = ""
    files: tuple[MadeFile, ...] = ()
    ok: bool = True

    @property
    def images(self) -> tuple[MadeFile, ...]:
        """Returns the images among the files that this run of code has written."""
        return tuple(file for file in self.files if file.filename.lower().endswith((".png", ".jpg", ".jpeg")))


class WebSearch(Struct, frozen=True):
    """Contains a web search. The emulator does not search the web; the sources come from the script of the scripted
    model.
    """

    query: str
    sources: tuple[str, ...] = ()


class McpCall(Struct, frozen=True):
    """Contains a call of a tool of an MCP server. The emulator calls no MCP server; the output comes from the script of
    the scripted model. `arguments` is JSON. If `error` is set, the call has failed.
    """

    server_label: str
    name: str
    arguments: str
    output: str = ""
    error: str | None = None


class Failure(Struct, frozen=True):
    """Reports that the turn has failed. `code` is an error code of the API, such as `rate_limit_exceeded`. A Failure is
    the last output of its turn.
    """

    code: str
    message: str


class Incomplete(Struct, frozen=True):
    """Reports that the turn ended too early. `reason` is `max_output_tokens` or `content_filter`. An Incomplete is the
    last output of its turn.
    """

    reason: str


class Expired(Struct, frozen=True):
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
