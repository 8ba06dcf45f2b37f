"""Compares two texts word by word. The number of steps is limited, so that long texts do not take too much time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Literal

from msgspec import Struct

from provisioner.core.text.composition import to_nfc
from provisioner.review.view.matching import Work, match, shared_ends

Kind = Literal["same", "removed", "added", "gap"]

#: A token of a text: a character of a script without spaces between words, a word, a line end, whitespace, or a single
#: other character.
TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+|\n|[^\S\n]+|[^\w\s]"
)
WORD = re.compile(r"\w+")
#: The positions at which a long text is split before its words are compared: after a sentence or a line.
SENTENCE = re.compile(r"(?<=[.!?。！？\n])")
#: The largest number of tokens of both texts together that are compared word by word at once.
MOST = 3000
#: If the share of unchanged words of two texts is smaller, they are shown as a removed and an added text, without
#: marked words.
ALIKE = 0.3


class Segment(Struct, frozen=True):
    """A piece of a compared text. Its kind is `same` (unchanged), `removed`, `added` or `gap`. The text of a `gap` is a
    note that says how much text is left out at this position.
    """

    kind: Kind
    text: str


def compare_words(before: str, after: str, work: Work | None = None) -> list[Segment]:
    """Returns the difference between two texts as segments. The unchanged and the removed segments together are
    `before`. The unchanged and the added segments together are `after`.

    `work` contains the number of steps that the comparison may still take. The steps that it takes are subtracted.
    """
    return _merge(_join_islands(_merge(_compare(before, after, Work() if work is None else work))))


def is_alike(segments: Sequence[Segment]) -> bool:
    """Returns whether so many words are unchanged in `segments` that marking the changed words helps a reader."""
    sizes = dict.fromkeys(("same", "removed", "added"), 0)
    for each in segments:
        sizes[each.kind] += len(WORD.findall(each.text))
    whole = sizes["same"] + max(sizes["removed"], sizes["added"])
    return whole == 0 or sizes["same"] / whole >= ALIKE


def differ_in_blanks_only(before: str, after: str) -> bool:
    """Returns whether two different texts have the same words and differ only in the whitespace between and around the
    words.
    """
    return before != after and before.split() == after.split()


def differ_in_composition_only(before: str, after: str) -> bool:
    """Returns whether two different texts have the same NFC form (Unicode normalisation), and so look the same. For
    example, `é` can be one character or two.
    """
    return before != after and to_nfc(before) == to_nfc(after)


def _compare(before: str, after: str, work: Work) -> Iterator[Segment]:
    old, new = TOKEN.findall(before), TOKEN.findall(after)
    head, tail = shared_ends(old, new)
    yield Segment("same", "".join(old[:head]))
    yield from _compare_middle(old[head : len(old) - tail], new[head : len(new) - tail], work)
    yield Segment("same", "".join(old[len(old) - tail :]))


def _compare_middle(old: list[str], new: list[str], work: Work) -> Iterator[Segment]:
    if len(old) + len(new) <= MOST:
        yield from _match(old, new, work)
        return
    # There are too many words, so sentences are compared, then the words of changed sentences if these are few.
    sentences = SENTENCE.split("".join(old)), SENTENCE.split("".join(new))
    for removed, added, same in _blocks(*sentences, work):
        yield Segment("same", same)
        words = TOKEN.findall(removed), TOKEN.findall(added)
        if len(words[0]) + len(words[1]) <= MOST:
            yield from _match(*words, work)
        else:
            yield Segment("removed", removed)
            yield Segment("added", added)


def _match(old: list[str], new: list[str], work: Work) -> Iterator[Segment]:
    for removed, added, same in _blocks(old, new, work):
        yield Segment("same", same)
        yield Segment("removed", removed)
        yield Segment("added", added)


def _blocks(old: list[str], new: list[str], work: Work) -> Iterator[tuple[str, str, str]]:
    """Yields triples of texts: a removed text, the text that replaces it, and an unchanged text. In each triple, either
    the first two texts or the last text is empty. `old` and `new` are the tokens (words and other characters) of the
    two texts. `work` limits the steps of the comparison.
    """
    for tag, a, b, c, d in match(old, new, work):
        if tag == "equal":
            yield "", "", "".join(old[a:b])
        else:
            yield "".join(old[a:b]), "".join(new[c:d]), ""


def _join_islands(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Yields the segments with one change: unchanged whitespace between two changes becomes removed and added text. One
    long mark is easier to read than two short marks.
    """
    last = len(segments) - 1
    for index, each in enumerate(segments):
        island = each.kind == "same" and 0 < index < last and each.text.isspace() and "\n" not in each.text
        if island:
            yield Segment("removed", each.text)
            yield Segment("added", each.text)
        else:
            yield each


def _merge(segments: Iterator[Segment]) -> list[Segment]:
    """Returns the segments with neighbours of the same kind joined. Between two unchanged segments, removed text comes
    before added text.
    """
    merged: list[Segment] = []
    for stayed, group in groupby((each for each in segments if each.text), key=lambda each: each.kind == "same"):
        pieces = list(group)
        kinds: tuple[Kind, ...] = ("same",) if stayed else ("removed", "added")
        for kind in kinds:
            text = "".join(each.text for each in pieces if each.kind == kind)
            merged += [Segment(kind, text)] if text else []
    return merged
