"""The records of a large state are checked together, and made when they are asked for: nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.state.backends.serialization import MALFORMED, Serializer
from provisioner.state.journal import Delta, fold
from provisioner.state.large_json import LARGE_STATE
from provisioner.state.record_columns import LazyRecords, parse_records, summarize
from provisioner.state.records import Record, State, dump_bytes
from provisioner.state.sealing import UNSEALED

BOOK, BOT, SHELF = 'file["books/7.md"]', "assistant.tutor", "vector_store.shelf"
MEMBER = {"file_id": "file-7", "attributes": {"path": "books/7.md"}}


def values(*found: Any) -> tuple[Any, ...]:
    """These values."""
    return found


def large_bodies() -> dict[str, Any]:
    """The JSON of the records of a large state: files, a store and a definition."""
    inputs = {"bytes": 1, "filename": "a.md", "purpose": "assistants", "sha256": "0" * 64}
    bodies: dict[str, Any] = {
        f'file["books/{number}.md"]': {"echo": {}, "id": f"file-{number}", "inputs": {**inputs}, "type": "file"}
        for number in range(LARGE_STATE)
    }
    bodies[BOOK] = dict(sorted({**bodies[BOOK], "operation": "op_1"}.items()))
    bodies[SHELF] = {
        "type": "vector_store",
        "id": "vs_1",
        "inputs": {"files": {"a": MEMBER}},
        "echo": {"files": {"file-7": {"attributes": None}}},
        "needs": [BOOK],
    }
    bodies[BOT] = {"type": "definition", "id": "tutor@1", "inputs": {}, "echo": {}, "release": 1}
    return bodies


#: A record of a file, the path of a value in it, and a value that no record of a file has there.
ODD_FILES = [
    *[("type", odd) for odd in values("bogus", "vector_store", 5, None, [])],
    *[("id", odd) for odd in values("", "..", "a/b", "a b", "x" * 257, 5, None, [])],
    *[(part, odd) for part in ("inputs", "echo") for odd in values(None, [], "x", 5)],
    *[(f"{part}/metadata", odd) for part in ("inputs", "echo") for odd in values("x", [1], 5)],
    *[(f"inputs/{name}", odd) for name in ("filename", "purpose", "sha256") for odd in values(5, None, [], True)],
    *[("inputs/bytes", odd) for odd in values("5", None, -1, -0.5, 2**53 + 2, 10**30, 1e30, True, [])],
    *[
        ("operation", odd)
        for odd in values("", "op_", "op_1\nop_2", "op_1\n", "x", 5, None, ["op_1"], "op_" + "1" * 65)
    ],
    *[("needs", odd) for odd in values([5], ["bogus"], [[BOT]], "x")],
    ("unknown", 1),
]


@pytest.mark.parametrize(("path", "odd"), ODD_FILES, ids=lambda each: str(each)[:30])
def test_one_odd_file_among_many_is_refused(path: str, odd: Any) -> None:
    bodies = large_bodies()
    place = bodies[BOOK]
    *parents, last = path.split("/")
    for name in parents:
        place = place[name]
    place[last] = odd
    with pytest.raises(MALFORMED):
        parse_records(bodies)


@pytest.mark.parametrize("missing", ["type", "id", "inputs"])
def test_one_incomplete_file_among_many_is_refused(missing: str) -> None:
    bodies = large_bodies()
    del bodies[BOOK][missing]
    with pytest.raises(MALFORMED):
        parse_records(bodies)


@pytest.mark.parametrize("address", ["file[5]", "bogus", "vector_store.a", "skill.a", ""])
def test_one_odd_address_among_many_is_refused(address: str) -> None:
    bodies = large_bodies()
    bodies[address] = bodies.pop(BOOK)
    with pytest.raises(MALFORMED):
        parse_records(bodies)


@pytest.mark.parametrize(
    ("part", "files"),
    [
        *[("inputs", odd) for odd in values([], None, {"a": []}, {"a": {}}, {"a": {**MEMBER, "file_id": 5}})],
        *[("inputs", {"a": MEMBER, "b": {**MEMBER, name: [1]}}) for name in ("attributes", "chunking_strategy")],
        *[
            ("echo", odd)
            for odd in values([1], {"file-1": []}, {"..": {}}, {"file-1": {}, "file-2": {"attributes": 5}})
        ],
    ],
    ids=str,
)
def test_odd_files_of_a_store_in_a_large_state_are_refused(part: str, files: Any) -> None:
    bodies = large_bodies()
    bodies[SHELF][part]["files"] = files
    with pytest.raises(MALFORMED):
        parse_records(bodies)


def test_records_that_are_made_late_equal_those_that_are_made_at_once() -> None:
    bodies = large_bodies()
    found = parse_records(bodies)
    expected = {Address.parse(each): Record.from_json(each, body) for each, body in bodies.items()}
    assert isinstance(found, LazyRecords)
    assert found == expected
    assert expected == found
    assert list(found) == list(expected)
    assert len(found) == len(expected)
    assert Address("file", "books/7.md") in found
    assert Address("file", "books/no.md") not in found
    assert found.get(Address("file", "books/no.md")) is None
    for address in expected:
        assert found[address] is found[address]


def test_only_the_records_of_files_that_are_asked_for_are_made() -> None:
    records = parse_records(large_bodies())
    assert isinstance(records, LazyRecords)
    assert {each.kind for each in records.made} == {"vector_store", "assistant"}
    assert records[Address("file", "books/7.md")].id == "file-7"
    assert len(records.made) == 3


def test_reading_a_state_makes_no_record_of_a_file() -> None:
    records = {Address.parse(text): Record.from_json(text, body) for text, body in large_bodies().items()}
    data = dump_bytes(State("lineage", records=records))
    found = Serializer("default", UNSEALED).parse(data, "the state").records
    assert isinstance(found, LazyRecords)
    assert {each.kind for each in found.made} == {"vector_store", "assistant"}


@pytest.mark.parametrize("is_last", [True, False])
def test_of_two_texts_of_one_address_the_last_counts(is_last: bool) -> None:
    bodies = large_bodies()
    other = {'file."books/7.md"': {"type": "file", "id": "file-other", "inputs": {}, "echo": {}}}
    records = parse_records({**bodies, **other} if is_last else {**other, **bodies})
    assert records[Address("file", "books/7.md")].id == ("file-other" if is_last else "file-7")
    assert len(records) == len(bodies)


def test_a_change_of_one_record_makes_no_other_record_of_a_file() -> None:
    records = parse_records(large_bodies())
    assert isinstance(records, LazyRecords)
    state, book = State("lineage", records=records), Address("file", "books/7.md")
    changed = fold(
        state, [Delta(record=Record(book, "file", "file-new", {})), Delta(remove=Address("file", "books/8.md"))]
    )
    assert isinstance(changed.records, LazyRecords)
    assert {each.kind for each in changed.records.made} == {"vector_store", "assistant"}
    assert changed.records[book].id == "file-new"
    assert Address("file", "books/8.md") not in changed.records
    assert [address for address, _ in changed.records.changed_since(records)] == [book]
    assert records[book].id == "file-7"
    assert Address("file", "books/8.md") in records


def test_a_summary_of_all_records_makes_no_record_of_a_file() -> None:
    records = parse_records(large_bodies())
    assert isinstance(records, LazyRecords)
    book = Address("file", "books/7.md")
    records[book] = Record(book, "file", "file-new", {})
    found = summarize(records)
    assert {each.kind for each in records.made} == {"vector_store", "assistant"}
    assert found == sorted((address, record.type, record.id) for address, record in records.items())
    assert found == summarize(dict(records))
    assert (book, "file", "file-new") in found
