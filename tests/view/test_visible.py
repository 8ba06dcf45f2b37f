"""What a reader cannot see is shown; what they need is left alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.text.visible import escape_hidden, make_visible, on_one_line

ANY = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext — “fine”", "plain\n\ttext — “fine”"),
        ("한국어 日本語 العربية हिन्दी", "한국어 日本語 العربية हिन्दी"),
        ("👩\u200d🚀", "👩\u200d🚀"),
        (
            "❤\ufe0f ‼\ufe0f 1\ufe0f\u20e3 ❤\ufe0f\u200d🔥 👩🏽\u200d🚀",
            "❤\ufe0f ‼\ufe0f 1\ufe0f\u20e3 ❤\ufe0f\u200d🔥 👩🏽\u200d🚀",
        ),
        ("می\u200cخواهم क्\u200dष", "می\u200cخواهم क्\u200dष"),
        ("a\u200db a\u200cb", "a\\u200db a\\u200cb"),
        ("می\u200c\u200c\u200d", "می\\u200c\\u200c\\u200d"),
        ("a\ufe0f ❤\ufe0f\ufe0f 1\ufe0f \ufe0f", "a\\ufe0f ❤\ufe0f\\ufe0f 1\\ufe0f \\ufe0f"),
        ("ㄱ\u3164\u115f\u1160\uffa0", "ㄱ\\u3164\\u115f\\u1160\\uffa0"),
        ("\u2800\u034f\u17b4\u180b\u180f", "\\u2800\\u034f\\u17b4\\u180b\\u180f"),
        ("a\ufe00b\U000e0100", "a\\ufe00b\\U000e0100"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb\ufeffc\u2066d", "a\\u200bb\\ufeffc\\u2066d"),
        ("\x1b[2Jgone\x07", "\\x1b[2Jgone\\x07"),
        ("a\rb", "a\\rb"),
        ("\x85\u2028", "\\x85\\u2028"),
        ("\ud800", "\\ud800"),
        ("a\U00013441b\U00013430\U00013455", "a\\U00013441b\\U00013430\\U00013455"),
        ("\U0001bca0\U0001d159\U0001d173\U00016fe4", "\\U0001bca0\\U0001d159\\U0001d173\\U00016fe4"),
        ("\ue000\U000f0000\U0010fffd", "\\ue000\\U000f0000\\U0010fffd"),
        ("\u0378\ufdd0\uffff\U000e0fff", "\\u0378\\ufdd0\\uffff\\U000e0fff"),
        ("\U00013000 ᠮᠣᠩᠭᠣᠯ", "\U00013000 ᠮᠣᠩᠭᠣᠯ"),
        ("hidden\U000e0041\U000e0042", "hidden\\U000e0041\\U000e0042"),
    ],
)
def test_hidden_letters_are_escaped(text: str, shown: str) -> None:
    assert make_visible(text) == shown


#: Default_Ignorable_Code_Point in DerivedCoreProperties.txt of Unicode 16, as first and last of each range.
IGNORED = (
    *((0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
)


@pytest.mark.parametrize(("first", "last"), IGNORED)
def test_every_ignorable_character_between_two_letters_is_escaped(first: int, last: int) -> None:
    for code in range(first, last + 1):
        assert chr(code) not in make_visible(f"a{chr(code)}b"), hex(code)


@given(ANY)
def test_what_is_shown_can_be_printed(text: str) -> None:
    make_visible(text).encode("utf-8")
    assert "\n" not in on_one_line(text)


@given(ANY)
def test_json_stays_the_same_value(text: str) -> None:
    escaped = escape_hidden(json.dumps({"text": text}, ensure_ascii=False))
    escaped.encode("utf-8")
    assert json.loads(escaped) == {"text": text}
