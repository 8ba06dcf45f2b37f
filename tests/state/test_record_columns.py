"""The records of a large state are checked and made when they are used: nothing else changes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.address import Address, parse_addresses, spell_addresses
from provisioner.core.errors import TornState, UsageError
from provisioner.engine.continuity import unreleased
from provisioner.state.backends.serialization import Serializer
from provisioner.state.folding import fold
from provisioner.state.journal import Delta
from provisioner.state.large_json import LARGE_TEXT
from provisioner.state.parsing import parse
from provisioner.state.record_columns import (
    LazyRecords,
    Summary,
    bodies_of,
    summarize,
    text_of,
    upload_sizes,
    with_records,
)
from provisioner.state.records import Record, State, digest, dump_bytes
from provisioner.state.sealing import UNSEALED

#: The number of files whose records are longer than LARGE_TEXT together.
FILES = 2_000

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
        for number in range(FILES)
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


def text(bodies: dict[str, Any], releases: dict[str, Any] | None = None) -> str:
    """The text of a state with these records and releases, with the right digest."""
    rest = dict.fromkeys(("lineage", "account", "project", "environment"), "")
    body = {**rest, "format": 1, "serial": 1, "records": bodies, "retired": [], "releases": releases or {}}
    return json.dumps({**body, "digest": digest(body)}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def read(bodies: dict[str, Any]) -> LazyRecords:
    """The records of a state with these records. None of them is used yet."""
    written = text(bodies)
    assert len(written) > LARGE_TEXT
    state = parse(written, "the state")
    assert not state.edited
    assert isinstance(state.records, LazyRecords)
    return state.records


def use_all(bodies: dict[str, Any]) -> None:
    """Reads a state with these records and uses each of them."""
    dict(parse(text(bodies), "the state").records)


@pytest.mark.parametrize(
    ("number", "inputs", "found"),
    [(1, {}, []), (1, {"model": "gpt-6-luna"}, [BOT]), (2, {}, [BOT])],
    ids=["as released", "other fields", "another number"],
)
def test_a_definition_is_compared_with_its_release_by_its_text(
    number: int, inputs: dict[str, Any], found: list[str]
) -> None:
    bodies = large_bodies()
    bodies[BOT] |= {"release": number, "id": f"tutor@{number}", "inputs": inputs}
    state = parse(text(bodies, {"tutor": {"number": 1, "digest": digest({})}}), "the state")
    assert isinstance(state.records, LazyRecords)
    assert unreleased(state) == found
    assert [str(address) for address in state.records.made] == found


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
    with pytest.raises(TornState, match=r"^the state "):
        use_all(bodies)


@pytest.mark.parametrize("missing", ["type", "id", "inputs"])
def test_one_incomplete_file_among_many_is_refused(missing: str) -> None:
    bodies = large_bodies()
    del bodies[BOOK][missing]
    with pytest.raises(TornState):
        use_all(bodies)


@pytest.mark.parametrize("address", ["file[5]", "bogus", "vector_store.a", "skill.a", ""])
def test_one_odd_address_among_many_is_refused(address: str) -> None:
    bodies = large_bodies()
    bodies[address] = bodies.pop(BOOK)
    with pytest.raises(TornState):
        use_all(bodies)


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
    with pytest.raises(TornState):
        use_all(bodies)


def test_records_that_are_made_late_equal_those_that_are_made_at_once() -> None:
    bodies = large_bodies()
    found = read(bodies)
    expected = {Address.parse(each): Record.from_json(each, body) for each, body in bodies.items()}
    assert found == expected
    assert expected == found
    assert list(found) == list(map(Address.parse, sorted(bodies)))
    assert len(found) == len(expected)
    assert Address("file", "books/7.md") in found
    assert Address("file", "books/no.md") not in found
    assert found.get(Address("file", "books/no.md")) is None
    for address in expected:
        assert found[address] is found[address]


def test_only_the_records_that_are_used_are_made() -> None:
    records = read(large_bodies())
    assert records.made == {}
    assert records[Address("file", "books/7.md")].id == "file-7"
    assert set(records.made) == {Address("file", "books/7.md")}


def test_a_record_that_is_not_used_is_not_checked() -> None:
    bodies = large_bodies()
    bodies[SHELF]["inputs"]["files"] = [5]
    records = read(bodies)
    assert records[Address("file", "books/7.md")].id == "file-7"
    with pytest.raises(TornState):
        records[Address("vector_store", "shelf")]


def test_reading_a_state_makes_no_record() -> None:
    records = {Address.parse(each): Record.from_json(each, body) for each, body in large_bodies().items()}
    data = dump_bytes(State("lineage", records=records))
    found = Serializer("default", UNSEALED).parse(data, "the state").records
    assert isinstance(found, LazyRecords)
    assert found.made == {}
    assert found == records


@pytest.mark.parametrize("is_last", [True, False])
def test_of_two_texts_of_one_address_the_last_counts(is_last: bool) -> None:
    # Keys are sorted, so `file."…"` comes before `file["…"]`, and `file["…\\u0037…"]` after the other files.
    name = '"books/7.md"' if not is_last else '"books/\\u0037.md"'
    bodies = large_bodies()
    other = {f"file[{name}]" if is_last else f"file.{name}": {**bodies[BOOK], "id": "file-other"}}
    records = read({**bodies, **other})
    assert records[Address("file", "books/7.md")].id == ("file-other" if is_last else "file-7")
    assert len(records) == len(bodies)


def test_a_change_of_one_record_makes_no_other_record() -> None:
    records = read(large_bodies())
    state, book = State("lineage", records=records), Address("file", "books/7.md")
    changed = fold(
        state, [Delta(record=Record(book, "file", "file-new", {})), Delta(remove=Address("file", "books/8.md"))]
    )
    assert isinstance(changed.records, LazyRecords)
    assert changed.records.made == {}
    assert changed.records[book].id == "file-new"
    assert Address("file", "books/8.md") not in changed.records
    assert [address for address, _ in changed.records.changed_since(records)] == [book]
    assert records[book].id == "file-7"
    assert Address("file", "books/8.md") in records


def test_a_summary_of_all_records_makes_no_record() -> None:
    records = read(large_bodies())
    book = Address("file", "books/7.md")
    records[book] = Record(book, "file", "file-new", {"bytes": 3})
    found, sizes = summarize(records), upload_sizes(records)
    assert {address: body.id for address, body in bodies_of(records)} == {each.address: each.id for each in found}
    assert text_of(records, book) is None
    assert text_of(records, Address("file", "books/no.md")) is None
    assert (text := text_of(records, Address("file", "books/8.md"))) is not None
    assert text.id == "file-8"
    assert records.made == {}
    made = dict(records)
    assert found == summarize(made) == sorted(Summary(address, each.type, each.id) for address, each in made.items())
    assert Summary(book, "file", "file-new") in found
    assert (
        sizes == upload_sizes(made) == {each.id: each.inputs["bytes"] for each in made.values() if each.type == "file"}
    )
    assert sizes["file-new"] == 3
    assert sizes["file-8"] == 1


ADDRESSES = st.one_of(
    st.sampled_from([BOOK, BOT, SHELF, 'file["a"]', "file.a", 'file["a\\nb"]', 'file["é"]', 'file["a"', "file[]", ""]),
    st.text(alphabet='file[".]\\\n/a', max_size=12),
    st.text(alphabet=' "/a\\\n]', max_size=6).map('file["{}"]'.format),
)


@given(st.lists(ADDRESSES, max_size=5))
def test_addresses_are_parsed_together_as_each_alone(texts: list[str]) -> None:
    try:
        expected = list(map(Address.parse, texts))
    except UsageError:
        with pytest.raises(UsageError):
            parse_addresses(texts)
    else:
        assert parse_addresses(texts) == expected


@given(
    st.lists(st.builds(Address, st.sampled_from(["file", "assistant"]), st.text(alphabet=' "/.a[\\\n]é', max_size=6)))
)
def test_addresses_are_spelled_together_as_each_alone(addresses: list[Address]) -> None:
    assert spell_addresses(addresses) == list(map(str, addresses))


def test_a_size_that_is_no_number_is_found_when_the_record_is_used() -> None:
    bodies = large_bodies()
    bodies[BOOK]["inputs"] = {"bytes": "x"}
    records = read(bodies)
    assert upload_sizes(records)["file-7"] == "x"
    with pytest.raises(TornState):
        records[Address("file", "books/7.md")]


@pytest.mark.parametrize(
    ("echo", "found"),
    [({"created_at": 1}, True), ({"created_at": None}, True), ({"files": {"created_at": 1}}, False), ({}, False)],
)
def test_the_text_of_a_record_knows_whether_it_has_a_time(echo: dict[str, Any], found: bool) -> None:
    bodies = large_bodies()
    bodies[BOOK]["echo"] = echo
    book = text_of(read(bodies), Address("file", "books/7.md"))
    assert book is not None
    assert book.has_time is found


def test_records_are_replaced_without_converting_the_others() -> None:
    state = parse(text(large_bodies()), "the state")
    assert with_records(state, {}) is state
    address = Address("file", "books/7.md")
    changed = Record(address, "file", "file-new", {})
    found = with_records(state, {address: changed})
    assert isinstance(found.records, LazyRecords)
    assert found.records.made == {}
    assert found.records[address] == changed
    assert state.records[address].id == "file-7"


def test_files_with_the_same_chunking_strategy_share_one_value_of_the_same_type() -> None:
    def chunking(size: Any) -> dict[str, Any]:
        return {"static": {"max_chunk_size_tokens": size}, "type": "static"}

    files = {
        "file-1": {"attributes": None, "chunking_strategy": chunking(800)},
        "file-2": {"attributes": None, "chunking_strategy": chunking(800.0)},
        "file-3": {"attributes": None, "chunking_strategy": chunking(800)},
        "file-4": {"attributes": None, "chunking_strategy": None},
        "file-5": {"attributes": None},
    }
    bodies = large_bodies()
    bodies[SHELF]["echo"] = {"files": files}
    address = parse_addresses([SHELF])[0]
    records = read(bodies)
    text = text_of(records, address)
    assert text is not None
    for found in (records[address].echo["files"], text.echo_value("files")):
        assert json.dumps(found) == json.dumps(files)
        assert found["file-1"]["chunking_strategy"] is found["file-3"]["chunking_strategy"]
