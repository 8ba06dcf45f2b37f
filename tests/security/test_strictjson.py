"""JSON of strangers: what two readers could read in two ways is not read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.jsondepth import MAX_DEPTH
from provisioner.core.strictjson import MAX_NUMBER, loads

VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.thorough
@given(VALUES)
def test_what_python_writes_is_read_as_python_reads_it(value: Any) -> None:
    text = json.dumps(value)
    assert loads(text) == json.loads(text) == value


@given(st.text(max_size=200))
def test_any_text_is_a_value_or_a_value_error(text: str) -> None:
    try:
        loads(text)
    except ValueError:
        return
    json.loads(text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "a": 1}',
        '{"a": 1, "b": 2, "\\u0061": 3}',
        '[{"x": {"a": 1, "a": 2}}]',
        '{"": 1, "": 2}',
    ],
)
def test_a_key_that_stands_twice(text: str) -> None:
    with pytest.raises(ValueError, match="a key twice"):
        loads(text)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", '{"a": [NaN]}', "1e999", "-1e999", "[1E400]"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        loads(text)


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("digits", ["9", "0.1", "1e"])
def test_numbers_of_many_digits(sign: str, digits: str) -> None:
    with pytest.raises(ValueError, match="number"):
        loads(sign + digits + "1" * MAX_NUMBER)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_depth_is_bounded(opening: str, closing: str) -> None:
    levels = len(closing)
    fits, over = (
        opening * (MAX_DEPTH // levels + more) + "1" + closing * (MAX_DEPTH // levels + more) for more in (0, 1)
    )
    loads(fits)
    for text in (over, opening * 100_000 + "1" + closing * 100_000):
        with pytest.raises(ValueError, match="nested deeper"):
            loads(text)
