"""Pairs the lines of a changed block of text. Each pair consists of the old and the new version of the same line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from provisioner.review.view.words import ALIKE, MOST, TOKEN

#: The largest number of pairs of lines that are compared. A larger block is compared as one text.
TRIED = 1_600


def pair_lines(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]] | None:
    """Returns sorted pairs of positions: a line in `old`, and the similar line in `new` to which it was changed. Lines
    without a similar line are left out. Returns None if there are too many lines or words to compare.
    """
    if not old or not new:
        return []
    if len(old) * len(new) > TRIED:
        return None
    words = [[_words(line) for line in side] for side in (old, new)]
    if sum(each.total() for side in words for each in side) > MOST and len(old) * len(new) > 1:
        return None
    return best_pairs([[_likeness(left, right) for right in words[1]] for left in words[0]])


def _words(line: str) -> Counter[str]:
    return Counter(token for token in TOKEN.findall(line) if not token.isspace())


def _likeness(left: Counter[str], right: Counter[str]) -> float:
    """Returns the share of words that two lines have in common, between 0 and 1. `left` and `right` count the words of
    the lines. Returns 0 if the lines have so few common words that marking the changed words would not help a reader.
    """
    whole = left.total() + right.total()
    few, many = sorted((left, right), key=len)
    part = 2 * (few & many).total() / whole if whole else 0.0
    return part if part >= ALIKE else 0.0


def best_pairs(likeness: Sequence[Sequence[float]]) -> list[tuple[int, int]]:
    """Returns the pairs of positions whose similarities have the largest sum. From one pair to the next, both positions
    increase. `likeness[i][j]` is the similarity between item `i` of the first sequence and item `j` of the second
    sequence.
    """
    width = len(likeness[0]) if likeness else 0
    # sums[i][j] is the best sum of the lines from i on one side and from j on the other.
    sums = [[0.0] * (width + 1) for _ in range(len(likeness) + 1)]
    for i in reversed(range(len(likeness))):
        for j in reversed(range(width)):
            sums[i][j] = max(sums[i + 1][j], sums[i][j + 1], sums[i + 1][j + 1] + likeness[i][j])
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(likeness) and j < width:
        if sums[i][j] == sums[i + 1][j]:
            i += 1
        elif sums[i][j] == sums[i][j + 1]:
            j += 1
        else:
            pairs.append((i, j))
            i, j = i + 1, j + 1
    return pairs
