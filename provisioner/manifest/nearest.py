"""The nearest known name: what somebody who wrote another probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, if one is like it at all."""
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return close[0] if close else None


def advise(name: str, known: Iterable[str], otherwise: str) -> str:
    """`did you mean …?` where something is near, else `otherwise`."""
    close = nearest(name, known)
    return f"did you mean `{close}`?" if close else otherwise


def enumerate_names(names: Iterable[str]) -> str:
    """`a, b and c`, or `none` where there are no names."""
    ordered = [f"`{name}`" for name in names]
    if len(ordered) < 2:
        return ordered[0] if ordered else "none"
    return f"{', '.join(ordered[:-1])} and {ordered[-1]}"
