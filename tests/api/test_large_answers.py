"""Large answers are decoded with msgspec. The result is the same as with the module `json`, and so are the refusals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.openai_api.http import decoding
from provisioner.openai_api.http.decoding import MOST_DEPTH, Undecodable, decode

#: Characters that make keys and texts look alike.
TEXTS = st.text(alphabet='a":\\ \n\u00e9\u2028', max_size=8)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(LEAVES, lambda each: st.lists(each, max_size=4) | st.dictionaries(TEXTS, each, max_size=4))
SEPARATORS = st.sampled_from([(",", ":"), (", ", ": "), (", ", " : "), (",\n", "\t:")])


def decode_slowly(content: bytes) -> Any:
    assert len(content) < decoding.LARGE
    return decode(content)


@given(VALUES, SEPARATORS, st.booleans())
def test_both_ways_find_the_same(value: Any, separators: tuple[str, str], ascii_only: bool) -> None:
    content = json.dumps(value, separators=separators, ensure_ascii=ascii_only).encode()
    found = decoding._decode_fast(content)
    assert found is None or json.dumps(found) == json.dumps(decode_slowly(content))


@given(st.text(alphabet='[]{}",:1ae.-\\u d8\n', max_size=40))
def test_what_the_fast_way_accepts_is_valid(text: str) -> None:
    content = text.encode()
    found = decoding._decode_fast(content)
    if found is not None:
        assert json.dumps(found) == json.dumps(decode_slowly(content))


def test_a_page_of_a_list_is_decoded_fast() -> None:
    page = {"object": "list", "data": [{"id": f"file-{each}", "note": "a \u2028 note"} for each in range(3_000)]}
    content = json.dumps(page, indent=2).encode()
    assert decoding._decode_fast(content) == page == decode(content)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ('"a": 1, "a": 2', "the key `a` twice"),
        ('"a" : 1, "a" : 2, "b": "\\":\\":"', "the key `a` twice"),
        ('"a": NaN', "NaN"),
        ('"a": 1e999', "too large"),
        (f'"a": 1{"0" * 309}', "too long"),
        ('"a": "\\ud800"', "surrogate"),
        (f'"a": {"[" * (MOST_DEPTH + 1)}{"]" * (MOST_DEPTH + 1)}', f"nested more than {MOST_DEPTH} deep"),
        ('"a": ', "not JSON"),
    ],
)
def test_what_a_small_answer_may_not_hold_a_large_one_may_not_hold_either(part: str, said: str) -> None:
    for filling in ("", "x" * decoding.LARGE):
        with pytest.raises(Undecodable, match=said):
            decode(f'{{"filling": "{filling}", {part}}}'.encode())
