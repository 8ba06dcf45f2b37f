"""Divides the text of an output into pieces for a stream. Citations become markers, as in the Assistants API."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from provisioner.emulator.answering.outputs import FileCitation, MadeFileCitation, Text

#: One piece of a text: a word with the spaces before it, or the spaces at the end.
WORD = re.compile(r"\s*\S+|\s+$")

Piece = tuple[str, list[dict[str, Any]]]


def split_text(text: Text, number: int, length: int = 0) -> Iterator[Piece]:
    """Yields the pieces of a text, each with its annotations. `length` is the number of characters in the message
    before this text.

    A citation becomes a marker such as `【4:0†source】`, as in recorded responses of the API. The first number in the
    marker is `number`; in the real API, the first number is the number of the message with the search. The second
    number is the position of the passage in its file. Citations of web pages are left out, because the Assistants API
    does not support them.
    """
    place = 0
    for each in text.annotations:
        if isinstance(each, FileCitation):
            begin, end = each.position, each.position
            marked = f"【{number}:{each.hit.number}†source】"
            body: dict[str, Any] = {"type": "file_citation", "file_citation": {"file_id": each.hit.file_id}}
        elif isinstance(each, MadeFileCitation):
            # The annotation covers the path in the link `[NAME](sandbox:/mnt/data/NAME)`, as at OpenAI.
            path = text.text.find("sandbox:", each.start, each.end)
            begin, end = (path, each.end - 1) if path >= 0 else (each.start, each.end)
            marked = text.text[begin:end]
            body = {"type": "file_path", "file_path": {"file_id": each.file.id}}
        else:
            continue
        for piece in WORD.findall(text.text[place:begin]):
            length += len(piece)
            yield piece, []
        yield marked, [{**body, "text": marked, "start_index": length, "end_index": length + len(marked)}]
        place, length = end, length + len(marked)
    for piece in WORD.findall(text.text[place:]):
        yield piece, []
