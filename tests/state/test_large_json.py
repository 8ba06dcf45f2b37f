"""Large JSON texts: what msgspec writes and reads equals what the module `json` writes and reads, or is left to it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.authorship import Authorship
from provisioner.core.errors import TornState
from provisioner.core.jsondepth import MAX_DEPTH
from provisioner.core.strictjson import loads
from provisioner.state.hashing import digest
from provisioner.state.large_json import LARGE_STATE, LARGE_TEXT, USUAL_DEPTH, decode, encode, indent, read_digests
from provisioner.state.parsing import parse
from provisioner.state.records import Record, State, content_digest, dump

CHARACTERS = st.characters()  # with surrogates, controls and everything else that a Python string can hold
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(CHARACTERS),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(CHARACTERS), inner),
    max_leaves=20,
)
SURROGATE = "\ud800"


def written(value: Any, **options: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, **options)


@given(JSON)
@example(1e16)
@example(1e-5)
@example([float("nan")])
@example({"a": [], "b": {}, "c": [{}], "\x7f\x00\u2028/<": '\\"\b'})
def test_a_text_is_as_json_writes_it_or_left_to_it(value: Any) -> None:
    data = encode(value)
    if data is not None:
        assert data.decode() == written(value, separators=(",", ":"))
        assert indent(data).decode() == written(value, indent=2)


@pytest.mark.parametrize("value", [1e16, 1e-5, float("nan"), float("inf"), SURROGATE, {SURROGATE: 1}, (1, 2), [b"a"]])
def test_what_msgspec_writes_differently_is_left_to_json(value: Any) -> None:
    assert encode([value]) is None


@given(JSON)
def test_a_text_is_read_as_the_strict_reader_reads_it(value: Any) -> None:
    text = json.dumps(value)
    found = decode(text)
    if found is not None:
        assert written(found) == written(loads(text, repeated=True))


@pytest.mark.parametrize(
    "text",
    [
        *("NaN", "[Infinity]", "1e999", "9" * 401, "9" * 309, "-" + "9" * 309, '"\\ud800"', "{", "", "{} {}"),
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        '{"a":' * 100_000 + "1" + "}" * 100_000,
    ],
    ids=lambda text: text[:12],
)
def test_what_the_strict_reader_refuses_is_left_to_it(text: str) -> None:
    assert decode(text) is None


def test_the_deepest_text_and_the_largest_number_are_read() -> None:
    text = "[" * MAX_DEPTH + "1" + "0" * 300 + "]" * MAX_DEPTH
    assert decode(text) == loads(text)


def large_state(attribute: Any) -> State:
    """A state that is encoded and decoded with msgspec, if `attribute`, a value in one record, permits that."""
    inputs = {"sha256": "0" * 64, "filename": "a.md", "extra": {"text": "x" * (LARGE_TEXT // LARGE_STATE)}}
    each = {
        address: Record(address, "file", f"file-{number}", {**inputs, "number": number})
        for number in range(LARGE_STATE)
        if (address := Address("file", f"books/{number}.md"))
    }
    first = Address("file", "books/0.md")
    each[first] = replace(each[first], echo={"attribute": attribute})
    return State("lineage", 1, "account", "project", "default", each)


@pytest.mark.parametrize("attribute", [1, 0.5, 5.0, 1e16, 1e-5, SURROGATE, "\x7f\u2028", 10**300, [], {}, True, None])
def test_a_large_state_has_the_text_and_the_digest_of_a_small_one(attribute: Any) -> None:
    state = large_state(attribute)
    text = dump(state)
    assert len(text) > LARGE_TEXT
    body = json.loads(text)
    # An unpaired surrogate is written as its escape.
    assert text.encode() == f"{written(body, indent=2)}\n".encode(errors="backslashreplace")
    assert body.pop("digest") == digest(body) == content_digest(state)
    found = parse(text, "state")
    assert found == state
    assert content_digest(found) == content_digest(state)
    assert not found.edited
    assert parse(text.replace("books/1.md", "books/one.md", 1), "state").edited


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("file-7", "file/7"),
        ('"number": 7', '"number": 1e999'),
        ('"number": 7', '"number": ' + "9" * 500),
        (
            "}",
            "",
        ),
    ],
)
def test_a_damaged_large_state_is_reported(before: str, after: str) -> None:
    text = dump(large_state(1))
    with pytest.raises(TornState):
        parse(text.replace(before, after, 1), "state")


@pytest.mark.parametrize("digits", [308, 309, 320, 400])
@pytest.mark.parametrize("shift", range(0, 32, 5))
def test_a_long_number_is_found_wherever_it_begins(digits: int, shift: int) -> None:
    text = "[" + '"' + "x" * shift + '",' + "9" * digits + "]"
    for form in (text, text.encode()):
        assert decode(form) == (loads(text) if digits < 309 else None)


@pytest.mark.parametrize("depth", [USUAL_DEPTH - 1, USUAL_DEPTH, USUAL_DEPTH + 1, MAX_DEPTH, MAX_DEPTH + 1])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_each_depth_is_read_or_refused_as_before(depth: int, opening: str, closing: str) -> None:
    text = opening * depth + "1" + closing * depth
    assert decode(text) == (loads(text) if depth <= MAX_DEPTH else None)


AUTHOR = Authorship(1.0, "ana@host", "apply")


@pytest.mark.parametrize("author", [None, AUTHOR])
@pytest.mark.parametrize("account", ["account", ',"digest":"', '"digest":"x","environment":"'])
def test_the_digests_of_a_text_are_those_of_the_state(author: Authorship | None, account: str) -> None:
    state = replace(large_state({"written": {"a": 1}, "digest": "x"}), account=account, written=author)
    text = dump(state)
    found, body = read_digests(text), json.loads(text)
    assert found is not None
    assert found.claim == found.signed == body.pop("digest")
    assert found.content_of(body.pop("written", None)) == digest(body) == content_digest(replace(state))


def test_a_text_without_a_digest_or_with_one_elsewhere_has_no_digests() -> None:
    body = json.loads(dump(large_state(1)))
    claim = body.pop("digest")
    assert read_digests(json.dumps(body)) is None
    assert read_digests(json.dumps({**body, "digest": claim})) is None
    assert read_digests(json.dumps({"digest": claim, **body})) is None
    assert read_digests(dump(large_state(1))[:-3]) is None
    assert read_digests(f'"{SURROGATE}"') is None


@pytest.mark.parametrize("is_sorted", [True, False])
def test_a_large_state_with_another_order_of_keys_is_the_same_state(is_sorted: bool) -> None:
    state = replace(large_state(1), written=AUTHOR)
    body = json.loads(dump(state))
    found = parse(json.dumps(body if is_sorted else dict(reversed(body.items()))), "the state")
    assert found == state
    assert not found.edited
    assert content_digest(found) == content_digest(state)


def test_a_large_state_with_another_author_counts_as_edited() -> None:
    text = dump(replace(large_state(1), written=AUTHOR))
    found = parse(text.replace("ana@host", "bob@host"), "the state")
    assert found.edited
    assert found == large_state(1)
