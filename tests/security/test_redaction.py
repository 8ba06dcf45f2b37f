"""One value, in every form in which a text can hold it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.encodings import Finder

VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=80)


@given(VALUES, st.binary(max_size=7), st.binary(max_size=7))
def test_base64_is_found_whatever_stands_around(value: str, before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + value.encode() + after).decode()
    assert Finder(value).finds(f"Basic {text}, {text.rstrip('=')}")
    assert Finder(value).finds(base64.urlsafe_b64encode(before + value.encode() + after).decode())


@given(VALUES)
def test_every_encoding_is_replaced(value: str) -> None:
    forms = [
        value, quote(value, safe=""), quote(quote(value, safe=""), safe=""), json.dumps(value), repr(value),
        value.lower(), value.upper(), quote(value, safe="").lower(),
        value.encode().hex(), value.encode().hex().upper(), json.dumps(json.dumps(value)),
        "".join(f"%{byte:02x}" for byte in value.encode()), "".join(f"&#{ord(each)};" for each in value),
    ]  # fmt: skip
    for form in forms:
        assert Finder(value).replace(f"before [{form}] after", "***").count("***") == 1, form


def test_a_key_that_was_cut_off_is_found() -> None:
    value = "sk-proj-" + "aB3dE5" * 20
    assert "aB3" not in Finder(value).replace(f"key {value[:60]}… is wrong", "***")


@pytest.mark.parametrize("text", ["hunter22", "xhunter2", "4hunter2"])
def test_a_short_value_is_no_part_of_a_word(text: str) -> None:
    assert Finder("hunter2", alone=True).replace(text, "***") == text
    assert Finder("hunter2", alone=True).replace(f"'hunter2'{text}", "***") == f"'***'{text}"


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["\\", "%25", "%", "&#0", "a", "\\u", "sk-proj-"])
def test_a_long_text_takes_no_longer_than_it_is_long(piece: str) -> None:
    finder = Finder("sk-proj-aB3dE5gH7jK9mN1pQ3sT5vW7")
    assert not finder.finds(piece * 300_000 + "%41%42%43%44")
