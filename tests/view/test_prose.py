"""Two texts, line by line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.review.view.excerpt import shorten
from provisioner.review.view.prose import CONTEXT, Line, TextDifference, compare_texts, is_marked
from provisioner.review.view.words import Kind, Segment

LINES = st.lists(st.text(alphabet="abc ", max_size=6), max_size=30)


def plain(line: Line) -> str:
    return "".join(segment.text for segment in line)


def patched(before: str, difference: TextDifference) -> list[str]:
    """The text that comes of putting every hunk into the former one."""
    old = before.split("\n") if before else []
    new: list[str] = []
    at = 0
    for hunk in difference.hunks:
        start = hunk.blocks[0].before_start - 1
        new += old[at:start]
        at = start
        for block in hunk.blocks:
            assert block.before_start == at + 1
            assert block.after_start == len(new) + 1
            assert [plain(line) for line in block.before] == old[at : at + len(block.before)]
            new += [plain(line) for line in block.after]
            at += len(block.before)
    return new + old[at:]


@given(LINES, LINES)
def test_the_hunks_make_one_text_of_the_other(old: list[str], new: list[str]) -> None:
    before, after = "\n".join(old), "\n".join(new)
    assert patched(before, compare_texts(before, after)) == (after.split("\n") if after else [])


@pytest.mark.thorough
@given(LINES, st.integers(0, 29), st.text(alphabet="xyz", min_size=1, max_size=5))
def test_one_changed_line_is_one_hunk(lines: list[str], index: int, word: str) -> None:
    lines = [*lines, *["tail"] * 30]
    changed = [*lines[:index], word, *lines[index + 1 :]]
    (hunk,) = compare_texts("\n".join(lines), "\n".join(changed)).hunks
    assert sum(len(block.after) for block in hunk.blocks) <= 2 * CONTEXT + 1


def test_only_lines_with_words_that_stayed_are_marked() -> None:
    (hunk,) = compare_texts("Be calm.\nOne.", "Be very calm.\nOther.").hunks
    (block,) = hunk.blocks
    assert [is_marked(line) for line in (*block.before, *block.after)] == [True, False, True, False]


def test_white_space_alone_is_named() -> None:
    assert compare_texts("a\nb", "a\n b\n").blanks_only
    assert not compare_texts("a\nb", "a\nc").blanks_only


def test_a_carriage_return_is_a_letter_like_others() -> None:
    (hunk,) = compare_texts("a\r\nb", "a\nb").hunks
    assert hunk.blocks[0].before == ((Segment("same", "a"), Segment("removed", "\r")),)


def test_one_edit_has_one_key_wherever_it_stands() -> None:
    first = compare_texts("a\nb\nc\nd", "a\nB\nc\nd").hunks[0]
    second = compare_texts("x\ny\nz\nb\nq", "x\ny\nz\nB\nq").hunks[0]
    assert first.key() == second.key()
    assert first.key() != compare_texts("b", "BB").hunks[0].key()


def test_a_long_line_is_cut_to_what_changed() -> None:
    (hunk,) = compare_texts("word " * 50_000 + "old", "word " * 50_000 + "new").hunks
    line = shorten(hunk.blocks[0].after[0])
    assert len(plain(line)) < 300
    assert [segment.kind for segment in line] == ["gap", "same", "added"]
    assert line[0].text == "… 249,940 unchanged characters …"


def test_a_long_change_is_not_cut() -> None:
    line = (Segment("added", "a" * 256_000),)
    assert shorten(line) == line


@pytest.mark.parametrize("kind", ["added", "removed"])
def test_nothing_of_a_paragraph_on_one_line_is_left_out(kind: Kind) -> None:
    line = (Segment("same", "a" * 900), Segment(kind, "b" * 4_000))
    assert [segment.kind for segment in shorten(line)] == ["gap", "same", kind]
    assert shorten(line)[-1].text == "b" * 4_000


def test_a_short_line_is_not_cut() -> None:
    line = (Segment("same", "a" * 200), Segment("added", "b"))
    assert shorten(line) == line


def test_words_are_marked_where_lines_come_between() -> None:
    before = "Answer in plain words.\nBe short: three sentences are enough."
    after = "Greet the reader.\nAnswer in clear words.\nSay who you are, always.\nBe short: two sentences are enough."
    (hunk,) = compare_texts(before, after).hunks
    (block,) = hunk.blocks
    assert [is_marked(line) for line in block.before] == [True, True]
    assert [is_marked(line) for line in block.after] == [False, True, False, True]
    assert block.after[1] == (Segment("same", "Answer in "), Segment("added", "clear"), Segment("same", " words."))


def test_three_changed_lines_of_many_that_repeat_are_three() -> None:
    old = [("yes", "no")[number * number % 7 % 2] for number in range(300)]
    new = list(old)
    for index in (30, 150, 270):
        new[index] = "maybe"
    blocks = [block for hunk in compare_texts("\n".join(old), "\n".join(new)).hunks for block in hunk.blocks]
    assert sum(len(block.after) for block in blocks if block.changed) == 3


def test_a_hunk_says_where_nothing_that_can_be_seen_differs() -> None:
    middle = "\n".join(f"Line {number}." for number in range(20))
    difference = compare_texts(f"Hello  there\n{middle}\none", f"Hello there\n{middle}\ntwo")
    assert [hunk.note() for hunk in difference.hunks] == ["only white space differs", ""]
    (hunk,) = compare_texts("caf\u00e9 one two", "cafe\u0301 one two").hunks
    assert hunk.note() == "only how letters are composed differs"
