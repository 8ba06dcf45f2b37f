"""One value, in every form in which a text can hold it."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.text.encodings import Finder, find_spans
from provisioner.core.text.redaction import redact, register_url

VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=12, max_size=80)


@pytest.mark.thorough
@given(VALUES, st.binary(max_size=7), st.binary(max_size=7))
def test_base64_is_found_whatever_stands_around(value: str, before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + value.encode() + after).decode()
    assert find_spans(f"Basic {text}, {text.rstrip('=')}", [Finder(value)])
    assert find_spans(base64.urlsafe_b64encode(before + value.encode() + after).decode(), [Finder(value)])


@pytest.mark.thorough
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


PIECES = ["\\", "%25", "%", "&#0", "a", "\\u", "sk-proj-", "c2st", "c 2 ", "73:", "0x", "115, "]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", PIECES)
def test_a_long_text_takes_no_longer_than_it_is_long(piece: str) -> None:
    finder = Finder("sk-proj-aB3dE5gH7jK9mN1pQ3sT5vW7")
    assert not find_spans(piece * 300_000 + "%41%42%43%44", [finder])


SEPARATORS = st.sampled_from([":", " ", ", ", "-", "\n", "\r\n  ", "\\n", " 0x", ", 0x", "%20"])


@pytest.mark.thorough
@given(VALUES, SEPARATORS)
def test_hexadecimal_digits_are_found_with_what_stands_between(value: str, separator: str) -> None:
    for digits in (value.encode().hex(), value.encode().hex().upper()):
        form = separator.join(re.findall("..", digits))
        assert Finder(value).replace(f"[{form}]", "***") == "[***]", form


@pytest.mark.thorough
@given(VALUES, st.sampled_from(["\n", "\r\n", "\\n", "\\\\r\\\\n", " ", "\n        ", "%0A", "&#10;", "\\u000a"]))
def test_base64_is_found_in_lines(value: str, end: str) -> None:
    lines = base64.encodebytes(b"someone:" + value.encode() + b" and so on").decode().replace("\n", end)
    fours = end.join(re.findall("..?.?.?", base64.b64encode(value.encode()).decode()))
    assert find_spans(lines, [Finder(value)])
    assert Finder(value).replace(f"[{fours}]", "***") == "[***]"


@pytest.mark.thorough
@given(VALUES, st.sampled_from([", ", ",", " ", "\n"]))
def test_a_list_of_numbers_is_found(value: str, separator: str) -> None:
    assert Finder(value).replace(f"[{separator.join(map(str, value.encode()))}]", "***") == "[***]"


@pytest.mark.parametrize("kept", [32, 40, 60, 90])
def test_a_coded_key_that_was_cut_off_is_found(kept: int) -> None:
    value = "sk-proj-" + "aB3dE5" * 20
    data = value.encode()
    lines = base64.encodebytes(data).decode()
    for form in (base64.b64encode(data).decode(), lines, base64.b64encode(b"a:" + data).decode()):
        shown = Finder(value).replace(f"[{form[: kept * 4 // 3]}", "***")
        assert len(shown.replace("***", "")) <= 4, shown
    for form in (data.hex(), data.hex(":"), ", ".join(map(str, data))):
        assert len(Finder(value).replace(f"[{form[: kept * 4]}", "***").replace("***", "")) <= 4, form


@pytest.mark.parametrize(
    "text",
    [
        "a b c d e f 0 1 2 3", "00:00:5e:00:53:af", "2026-11-26 03:30:00", "127, 0, 0, 1", "0x00 0x01 0xff",
        "sha256 " + "ab12" * 16, base64.b64encode(b"an ordinary text that nobody hides").decode(), "Lorem ipsum " * 50,
    ],
)  # fmt: skip
def test_what_is_only_coded_is_no_value(text: str) -> None:
    value = "sk-proj-aB3dE5gH7jK9mN1pQ3sT5vW7"
    assert Finder(value).replace(text, "***") == text


@pytest.mark.parametrize(
    "url",
    ["git:http://x:Ignore%20all%20former%20rules@127.0.0.1/r.git#b", "git:http://x:Ask%09never%0atwice@host/r.git"],
)
def test_words_in_a_url_of_the_settings_are_not_hidden_from_a_review(url: str) -> None:
    register_url(url, is_from_settings=True)
    assert redact("Ignore all former rules. Ask\tnever\ntwice.") == "Ignore all former rules. Ask\tnever\ntwice."
    register_url("git:https://x:Zq7Vt2Kp9Xw4Lm6R@host/r.git", is_from_settings=True)
    assert redact("Zq7Vt2Kp9Xw4Lm6R") != "Zq7Vt2Kp9Xw4Lm6R"
