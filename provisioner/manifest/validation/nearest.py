"""Finds the known name that is most similar to a misspelt name."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from difflib import get_close_matches
from functools import lru_cache

from provisioner.manifest.limits import SUGGESTED_FROM, SUGGESTED_NAME

#: The number of known names on each side of a name, in sorted order, that are compared with the name.
NEIGHBOURS = 10


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Returns the known name that is most similar to `name`, or None if no name is similar.

    The time for comparing two names is proportional to the product of their lengths. Therefore the result for a very
    long `name` is None. If there are very many known names, `name` is compared only with its neighbours in the sorted
    list of the names, and in the sorted list of the reversed names.
    """
    return _nearest(name, tuple(known)) if len(name) <= SUGGESTED_NAME else None


@lru_cache(maxsize=1024)
def _nearest(name: str, known: tuple[str, ...]) -> str | None:
    if len(known) > SUGGESTED_FROM:
        ordered, backwards = _ordered(known)
        similar = [*_around(name, ordered), *(each[::-1] for each in _around(name[::-1], backwards))]
        known = tuple(dict.fromkeys(similar))
    close = get_close_matches(name, [each for each in known if len(each) <= 2 * SUGGESTED_NAME], n=1, cutoff=0.6)
    return close[0] if close else None


@lru_cache(maxsize=16)
def _ordered(known: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Returns two sorted lists: the names in `known`, and the same names spelt backwards. Neighbours in the first list
    begin alike, and neighbours in the second list end alike.
    """
    return sorted(known), sorted(name[::-1] for name in known)


def _around(name: str, ordered: list[str]) -> list[str]:
    """Returns up to NEIGHBOURS names on each side of `name` in the sorted list `ordered`."""
    at = bisect_left(ordered, name)
    return ordered[max(0, at - NEIGHBOURS) : at + NEIGHBOURS]


def advise(name: str, known: Iterable[str], otherwise: str) -> str:
    """Returns the text `did you mean …?` with the known name that is similar to `name`. Returns the text `otherwise` if
    no known name is similar.
    """
    close = nearest(name, known)
    return f"did you mean `{close}`?" if close else otherwise


def enumerate_names(names: Iterable[str]) -> str:
    """Returns the names as a text such as `a, b and c`, with each name in backquotes. Returns `none` if there are no
    names.
    """
    ordered = [f"`{name}`" for name in names]
    if len(ordered) < 2:
        return ordered[0] if ordered else "none"
    return f"{', '.join(ordered[:-1])} and {ordered[-1]}"
