"""The text of a large state is made and written in pieces, and needs little memory."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.authorship import Authorship
from provisioner.state.backends import LocalBackend
from provisioner.state.hashing import digest
from provisioner.state.large_json import LARGE_STATE
from provisioner.state.large_text import PIECE_RECORDS
from provisioner.state.parsing import parse
from provisioner.state.record_columns import LazyRecords, copy_records
from provisioner.state.records import Record, State, content_digest, dump, dump_bytes, dump_pieces

#: Values that msgspec would write differently, so that the module `json` writes the piece with them.
ODD = [1e16, "\ud800", 10**400]


def state_of(count: int, **values: Any) -> State:
    """A state with `count` records of files, one of which contains each of `values`."""
    inputs = {"bytes": 1, "filename": "a.md", "purpose": "assistants", "sha256": "0" * 64}
    records = {}
    for number in range(count):
        address = Address("file", f"books/{number:06}.md")
        records[address] = Record(address, "file", f"file-{number}", inputs, {"text": "x" * 1_000})
    first = next(iter(records.values()))
    records[first.address] = replace(first, inputs={**inputs, **values})
    return State("one", 3, account="a", project="p", environment="e", records=records, written=AUTHOR)


AUTHOR = Authorship(who="somebody", command="apply", time=1.0, counts={"create": 1})


def expected(state: State) -> bytes:
    """The text of the state as the module `json` writes it."""
    body: dict[str, Any] = json.loads(dump(replace(state, records={})))
    del body["digest"]
    body["records"] = {str(address): record.to_json() for address, record in state.records.items()}
    whole = {**body, "digest": digest(body)}
    return f"{json.dumps(whole, ensure_ascii=False, indent=2, sort_keys=True)}\n".encode(errors="backslashreplace")


@pytest.mark.parametrize("count", [LARGE_STATE, LARGE_STATE + 1, LARGE_STATE + PIECE_RECORDS - 1])
@pytest.mark.parametrize("values", [{}, *({"odd": value} for value in ODD)], ids=["usual", "float", "half", "integer"])
def test_the_pieces_together_are_what_json_writes(count: int, values: dict[str, Any]) -> None:
    state = state_of(count, **values)
    pieces = dump_pieces(state)
    assert b"".join(pieces) == expected(state)
    assert b"".join(pieces) == b"".join(pieces)  # They can be iterated again.


@pytest.mark.parametrize("values", [{}, {"odd": 1e16}], ids=["usual", "float"])
def test_records_that_were_read_and_not_changed_are_written_again(values: dict[str, Any]) -> None:
    state = state_of(2_000, **values)
    read = parse(dump_bytes(state), "the state")
    assert isinstance(read.records, LazyRecords)
    records = copy_records(read.records)
    changed = Address("file", "books/000100.md")
    records[changed] = replace(records[changed], id="file-new")
    found = replace(read, records=records)
    assert dump_bytes(read) == dump_bytes(state)
    assert dump_bytes(found) == expected(found)
    assert content_digest(read) == content_digest(replace(state, written=None))


@pytest.mark.parametrize("count", [2_000, 4_000, 8_000])
def test_writing_a_state_does_not_need_the_memory_of_its_text(tmp_path: Path, count: int) -> None:
    first = LocalBackend(tmp_path, "prod")
    first.write(state_of(count))
    size = first.state_path.stat().st_size
    backend = LocalBackend(tmp_path, "prod")
    with backend.lock("apply"):
        state = backend.read()
        assert state is not None
        later = replace(state, serial=4)
        tracemalloc.start()
        try:
            backend.write(later)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert backend.read() == later
    # The addresses of the records as texts, one piece of the text, and a part of the file that is hashed.
    assert peak < 2_000_000 + size / 4


@pytest.mark.parametrize("count", [2_000, 4_000, 8_000])
def test_no_piece_grows_with_the_state(count: int) -> None:
    pieces = list(dump_pieces(state_of(count)))
    assert max(map(len, pieces)) < 50_000
    assert len(pieces) < count / PIECE_RECORDS * 2 + 100
