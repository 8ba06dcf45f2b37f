"""What a reader cannot see is shown; what they need is left alone."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.view.visible import escape_hidden, make_visible, on_one_line

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
        ("hidden\U000e0041\U000e0042", "hidden\\U000e0041\\U000e0042"),
    ],
)
def test_hidden_letters_are_escaped(text: str, shown: str) -> None:
    assert make_visible(text) == shown


@given(ANY)
def test_what_is_shown_can_be_printed(text: str) -> None:
    make_visible(text).encode("utf-8")
    assert "\n" not in on_one_line(text)


@given(ANY)
def test_json_stays_the_same_value(text: str) -> None:
    escaped = escape_hidden(json.dumps({"text": text}, ensure_ascii=False))
    escaped.encode("utf-8")
    assert json.loads(escaped) == {"text": text}
