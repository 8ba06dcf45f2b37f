"""Writes the text of a large state in pieces, so that the whole text is never in memory.

The pieces together are the text that the module `json` would write: sorted, indented by two spaces, with the digest of
all other keys.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from provisioner.state.large_json import encode, encode_alike, indent, without_collection

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
        #: The numbers of the first records of those pieces that the module `json` writes.
        self._slow: set[int] = set()

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
        for number in range(0, len(self._records), PIECE_RECORDS):
            some = self._records[number : number + PIECE_RECORDS]
            data = None if number in self._slow else self._write_fast(some)
            if data is None:
                self._slow.add(number)
                bodies = {text: body.to_json() for text, body in some}
                yield _write_slowly({"records": bodies}, is_indented=is_indented)
            else:
                yield indent(data) if is_indented else data

    def _write_fast(self, some: Sequence[tuple[str, Body]]) -> bytes | None:
        """Returns the JSON object with the records `some`, without spaces, as msgspec writes it. Returns None if the
        module `json` would write it differently.
        """
        with without_collection():
            bodies = {text: body if type(body) in self._texts else body.to_json() for text, body in some}
            # When the digest is known, all pieces were written once.
            is_checked = self._digest is not None
            return encode_alike({"records": bodies}) if is_checked else encode({"records": bodies}, self._texts)


def _write(value: Any, *, is_indented: bool) -> bytes:
    """Returns the JSON of `value`, with sorted keys, and with an indentation or without spaces."""
    data = encode(value)
    if data is None:
        return _write_slowly(value, is_indented=is_indented)
    return indent(data) if is_indented else data


def _write_slowly(value: Any, *, is_indented: bool) -> bytes:
    """Returns the JSON of `value` that the module `json` writes. An unpaired surrogate is written as its escape."""
    layout: dict[str, Any] = {"indent": 2} if is_indented else {"separators": (",", ":")}
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, **layout)
    return text.encode(errors="backslashreplace")
