"""Converts texts to terms for the full-text index. Usually, terms are words. In scripts without spaces between words,
and in Korean, terms are pairs of characters, so that a query can find a word inside a longer word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from provisioner.core.text.composition import to_nfkc

#: Han, Kana, Hangul, Thai, Lao, Khmer and Burmese.
PAIRED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
)
RUN = re.compile(rf"[{PAIRED}]+|[^\W{PAIRED}]+")
IS_PAIRED = re.compile(f"[{PAIRED}]")
#: The most terms of a query. The rest is ignored, so that a long query cannot become a slow statement.
MOST_TERMS = 200


def split_terms(text: str) -> Iterator[str]:
    """Yields the terms of a text in the order in which they occur in the text."""
    for run in RUN.findall(to_nfkc(text).casefold()):
        if IS_PAIRED.match(run) and len(run) > 1:
            yield from (run[at : at + 2] for at in range(len(run) - 1))
        else:
            yield run


def join_terms(text: str) -> str:
    """Returns the terms of a text, separated by spaces, as the full-text index stores them."""
    return " ".join(split_terms(text))


def query_terms(*queries: str) -> list[str]:
    """Returns the different terms of all queries, at most MOST_TERMS of them. In a script whose terms are pairs of
    characters, a single character gets a `*` at its end. It then matches every pair that begins with this character.
    """
    found = dict.fromkeys(term for query in queries for term in split_terms(query))
    return [f"{term}*" if len(term) == 1 and IS_PAIRED.match(term) else term for term in list(found)[:MOST_TERMS]]
