"""Writes the text of a large state in pieces, so that the whole text is never in memory.

The pieces together are the text that the module `json` would write: sorted, indented by two spaces, with the digest of
all other keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from provisioner.state.large_json import encode, indent, without_collection

#: The number of records in one piece. The record of a vector store with thousands of files has a megabyte.
PIECE_RECORDS = 20
#: The text around the records in a JSON object that contains nothing but records, without spaces and with an
#: indentation.
COMPACT = b'{"records":{', b"}}"
INDENTED = b'{\n  "records": {\n', b"\n  }\n}"


class Body(Protocol):
    """A record, or the text of a record that was read and not changed."""

    def to_json(self) -> dict[str, Any]:
        """Returns the JSON of the record."""
        ...


class LargeText:
    """The text of a large state, as bytes in pieces. It can be iterated several times.

    `rest` is the JSON of the state without its records and its digest. `records` are the records, sorted by the texts
    of their addresses. `texts` are the types of those records whose JSON was read from a text, and is written as it was
    read.
    """

    def __init__(self, rest: Mapping[str, Any], records: Sequence[tuple[str, Body]], texts: frozenset[type]) -> None:
        self._rest = rest
        self._records = records
        self._texts = texts
        self._digest: str | None = None

    @property
    def digest(self) -> str:
        """The digest of the state: the SHA-256 of its JSON without the digest, without spaces and with sorted keys."""
        if self._digest is None:
            found = hashlib.sha256()
            for piece in self._compact():
                found.update(piece)
            self._digest = found.hexdigest()
        return self._digest

    def __iter__(self) -> Iterator[bytes]:
        """Yields the pieces of the text, from its beginning to its end."""
        whole = {**self._rest, "digest": self.digest}
        separator = b"{\n"
        for key in sorted([*whole, "records"]):
            yield separator
            separator = b",\n"
            if key != "records":
                yield _write({key: whole[key]}, is_indented=True)[2:-2]
                continue
            begin, end = INDENTED
            between = begin[2:]
            for piece in self._pieces(is_indented=True):
                yield between
                yield piece[len(begin) : -len(end)]
                between = separator
            yield end[:-2]
        yield b"\n}\n"

    def _compact(self) -> Iterator[bytes | memoryview]:
        """Yields the pieces of the JSON of the state without its digest and without spaces."""
        separator = b"{"
        for key in sorted([*self._rest, "records"]):
            yield separator
            separator = b","
            if key != "records":
                yield _write({key: self._rest[key]}, is_indented=False)[1:-1]
                continue
            begin, end = COMPACT
            between = begin[1:]
            for piece in self._pieces(is_indented=False):
                yield between
                yield memoryview(piece)[len(begin) : -len(end)]
                between = separator
            yield end[:-1]
        yield b"}"

    def _pieces(self, *, is_indented: bool) -> Iterator[bytes]:
        """Yields JSON objects whose only key is `records`, with PIECE_RECORDS records each."""
        for begin in range(0, len(self._records), PIECE_RECORDS):
            some = self._records[begin : begin + PIECE_RECORDS]
            bodies = {text: body if type(body) in self._texts else body.to_json() for text, body in some}
            data = _write_fast({"records": bodies}, self._texts, is_indented=is_indented)
            if data is None:
                bodies = {text: body.to_json() for text, body in some}
                data = _write_slowly({"records": bodies}, is_indented=is_indented)
            yield data


def _write(value: Any, *, is_indented: bool) -> bytes:
    """Returns the JSON of `value`, with sorted keys, and with an indentation or without spaces."""
    data = _write_fast(value, frozenset(), is_indented=is_indented)
    return _write_slowly(value, is_indented=is_indented) if data is None else data


def _write_fast(value: Any, texts: frozenset[type], *, is_indented: bool) -> bytes | None:
    """Returns the JSON of `value` that msgspec writes. Returns None if the module `json` would write it differently."""
    with without_collection():
        data = encode(value, texts)
    return indent(data) if data is not None and is_indented else data


def _write_slowly(value: Any, *, is_indented: bool) -> bytes:
    """Returns the JSON of `value` that the module `json` writes. An unpaired surrogate is written as its escape."""
    layout: dict[str, Any] = {"indent": 2} if is_indented else {"separators": (",", ":")}
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, **layout)
    return text.encode(errors="backslashreplace")
