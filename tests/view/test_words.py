"""Two texts, word by word: nothing gets lost, marks help, and no shape of text takes forever."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.review.view.words import Segment, compare_words, differ_in_blanks_only, is_alike


def marked(before: str, after: str) -> str:
    signs = {"same": "{}", "removed": "[-{}-]", "added": "{{+{}+}}"}
    return "".join(signs[each.kind].format(each.text) for each in compare_words(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a calm tutor.", "a calm teacher.", "a calm [-tutor-]{+teacher+}."),
        ("a tutor", "a very calm tutor", "a {+very calm +}tutor"),
        ("Be short, please.", "Be short.", "Be short[-, please-]."),
        ("one two three", "four five three", "[-one two-]{+four five+} three"),
        ("개인 수학 교사입니다.", "개인 과학 교사입니다.", "개인 [-수학-]{+과학+} 교사입니다."),
        ("数学の先生です", "科学の先生です", "[-数-]{+科+}学の先生です"),
        ("a b", "a  b", "a[- -]{+  +}b"),
        ("", "new", "{+new+}"),
        ("same", "same", "same"),
    ],
)
def test_changed_words_are_marked(before: str, after: str, expected: str) -> None:
    assert marked(before, after) == expected


@given(st.text(max_size=200), st.text(max_size=200))
def test_both_texts_come_back_from_the_segments(before: str, after: str) -> None:
    segments = compare_words(before, after)
    assert "".join(each.text for each in segments if each.kind != "added") == before
    assert "".join(each.text for each in segments if each.kind != "removed") == after


@given(st.text(alphabet="ab. \n", max_size=300), st.text(alphabet="ab. \n", max_size=300))
def test_so_they_do_where_words_repeat(before: str, after: str) -> None:
    segments = compare_words(before, after)
    assert "".join(each.text for each in segments if each.kind != "added") == before
    assert "".join(each.text for each in segments if each.kind != "removed") == after
    assert all(left.kind != right.kind for left, right in pairwise(segments))


LARGE = 256_000
SHAPES = {
    "one word": ("a" * LARGE, "b" * LARGE),
    "a word again and again": ("a b " * (LARGE // 4), "b a " * (LARGE // 4)),
    "a sentence again and again": ("x. " * (LARGE // 3), "y. x. " * (LARGE // 6)),
    "letters without blanks": ("字" * LARGE, "字符" * (LARGE // 2)),
    "lines": ("a\nb\n" * (LARGE // 4), "b\na\n" * (LARGE // 4)),
    "two words at random": tuple(
        " ".join(random.Random(seed).choices("ab", k=LARGE // 2)) for seed in (1, 2)
    ),
    "sentences of one word at random": tuple(
        ".".join(random.Random(seed).choices("ab", k=LARGE // 2)) for seed in (1, 2)
    ),
}  # fmt: skip


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("shape", SHAPES)
def test_a_text_of_256_000_letters_on_a_line_is_compared_to_its_end(shape: str) -> None:
    before, after = SHAPES[shape]
    segments = compare_words(before, after)
    assert "".join(each.text for each in segments if each.kind != "removed") == after


def test_few_changes_in_a_long_line_are_found() -> None:
    words = [f"word{number}{'.' if number % 12 == 0 else ''}" for number in range(30_000)]
    before = " ".join(words)
    words[7], words[15_000], words[29_000] = "here", "there", "elsewhere"
    assert [each.text for each in compare_words(before, " ".join(words)) if each.kind == "added"] == [
        "here",
        "there",
        "elsewhere",
    ]


def test_white_space_alone_is_told_from_words() -> None:
    assert differ_in_blanks_only("a b\n", "a  b")
    assert not differ_in_blanks_only("a b", "ab")
    assert not differ_in_blanks_only("a b", "a b")


def test_texts_that_share_next_to_nothing_are_not_marked() -> None:
    assert not is_alike(compare_words("Answer politely.", "Be kind."))
    assert is_alike(compare_words("Answer politely.", "Answer very politely."))
    assert is_alike([Segment("same", "a"), Segment("added", " ")])
