"""Globs, which are parsed into one part for each level and compared part by part, so that no glob takes exponential
time.

`*`, `?` and `[…]` stand for characters of one name, `**` for any number of folders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import translate
from functools import lru_cache

from provisioner.core.files.limits import ALL_PATTERN_CHARACTERS, COMPARISONS, ENTRIES, MATCHES, PATTERN_CHARACTERS
from provisioner.core.text.composition import to_nfc

WILD = frozenset("*?[")
DEEP = "**"
#: The largest product of the lengths of a name and a part of a glob that counts as one comparison.
LONG = 1_000


class LimitExceeded(Exception):
    """A glob, or all globs of a run together, exceed a limit. The text names the limit and says what to do."""


@dataclass
class Budget:
    """The number of comparisons, names and matches that are left in a run. Each method raises LimitExceeded."""

    characters: int = ALL_PATTERN_CHARACTERS
    comparisons: int = COMPARISONS
    entries: int = ENTRIES
    matches: int = MATCHES

    def parse(self, count: int) -> None:
        """Counts the characters of a glob."""
        if count > PATTERN_CHARACTERS:
            raise LimitExceeded(f"this glob has {count:,} characters, at most {PATTERN_CHARACTERS:,}; shorten it")
        self.characters -= count
        if self.characters < 0:
            raise LimitExceeded(f"the globs have over {ALL_PATTERN_CHARACTERS:,} characters in all; use fewer")

    def compare(self, count: int) -> None:
        """Counts comparisons."""
        self.comparisons -= count
        if self.comparisons < 0:
            raise LimitExceeded(f"the globs need over {COMPARISONS:,} comparisons; use fewer or simpler ones")

    def list(self, count: int) -> None:
        """Counts names in a folder."""
        self.entries -= count
        if self.entries < 0:
            raise LimitExceeded(f"there are over {ENTRIES:,} files and folders to look at; name narrower folders")

    def match(self, count: int) -> None:
        """Counts files that a glob matched."""
        self.matches -= count
        if self.matches < 0:
            raise LimitExceeded(f"the globs match over {MATCHES:,} files in all; use fewer or narrower ones")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A glob from the root. `parts` has no two `**` in sequence and none at its end; `folders` means a final `/`."""

    parts: tuple[str, ...]
    folders: bool = False

    @property
    def begin(self) -> frozenset[int]:
        """Returns the positions before the first part."""
        return self.reach((0,))

    def reach(self, positions: Iterable[int]) -> frozenset[int]:
        """Returns the given positions and, for each position at a `**`, also the next one, because `**` may match no
        folder.
        """
        found = set(positions)
        found |= {position + 1 for position in found if self.parts[position : position + 1] == (DEEP,)}
        return frozenset(found)

    def step(self, positions: frozenset[int], name: str, budget: Budget, *, dots: bool = False) -> frozenset[int]:
        """Returns the positions after one more name, in NFC. Without `dots`, a wildcard does not match a leading dot.

        Raises LimitExceeded.
        """
        following = []
        budget.compare(1)
        for position in positions:
            if position == len(self.parts):
                continue
            part = self.parts[position]
            if part == DEEP:
                if dots or not name.startswith("."):
                    following.append(position)
            else:
                budget.compare(1 + len(part) * len(name) // LONG)
                if matches_name(part, name, dots=dots):
                    following.append(position + 1)
        return self.reach(following)

    def is_end(self, positions: frozenset[int]) -> bool:
        """Returns whether the whole glob is matched."""
        return len(self.parts) in positions

    def matches(self, names: Sequence[str], budget: Budget) -> bool:
        """Returns whether the glob matches exactly this path."""
        positions = self.begin
        for name in names:
            positions = self.step(positions, name, budget)
        return self.is_end(positions) and not self.folders

    def leads_to(self, names: Sequence[str], budget: Budget) -> bool:
        """Returns whether the glob matches this path, or can match something below it."""
        positions = self.begin
        for name in names:
            positions = self.step(positions, name, budget)
        return bool(positions)

    def covers(self, names: Sequence[str], budget: Budget) -> bool:
        """Returns whether the glob matches this path or, as in .gitignore, a folder that contains it."""
        positions = self.begin
        for index, name in enumerate(names):
            positions = self.step(positions, name, budget, dots=True)
            if self.is_end(positions) and not (self.folders and index == len(names) - 1):
                return True
            if not positions:
                return False
        return False


def parse_pattern(text: str, base: Sequence[str], budget: Budget, *, literal: bool = False) -> Pattern | None:
    """Returns the glob `text` of a file in the folder `base`, both below the root; None if it leads out of the root.

    With `literal`, no character is a wildcard. Raises LimitExceeded.
    """
    budget.parse(len(text))
    parts = [escape(part) for part in base]
    for part in to_nfc(text).split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part == DEEP and not literal:
            parts += [DEEP] if parts[-1:] != [DEEP] else []
        else:
            parts.append(escape(part) if literal else re.sub(r"\*+", "*", part))
    if parts[-1:] == [DEEP]:
        parts.append("*")  # The folder itself does not match, only what is in it.
    return None if text.startswith("/") else Pattern(tuple(parts), text.endswith("/"))


def parse_exclusion(text: str, base: Sequence[str], budget: Budget, *, literal: bool = False) -> Pattern | None:
    """Returns a pattern that removes files, with the rules of .gitignore; None if it leads out of the root.

    A pattern without a `/` before its last character matches names in any folder below `base`. Any other pattern begins
    in `base`, also if it has a `/` at its beginning. Raises LimitExceeded.
    """
    path = text.lstrip("/")
    if not path:
        return None
    is_anchored = "/" in text.rstrip("/") or path.rstrip("/") in (".", "..")
    if is_anchored:
        return parse_pattern(path, base, budget, literal=literal)
    parsed = parse_pattern(path, (), budget, literal=literal)
    if parsed is None:
        return None
    deep = () if parsed.parts[:1] == (DEEP,) else (DEEP,)
    return Pattern((*map(escape, base), *deep, *parsed.parts), parsed.folders)


def escape(name: str) -> str:
    """Returns a name as a part of a glob, in NFC, in which no character is a wildcard."""
    return re.sub(r"([*?[])", r"[\1]", to_nfc(name))


def matches_name(part: str, name: str, *, dots: bool) -> bool:
    """Returns whether one part of a glob matches a name. A name that is equal to the part always matches."""
    if part == name:
        return True
    if not WILD & set(part) or (name.startswith(".") and not dots and not part.startswith((".", "[.]"))):
        return False
    return _expression(part).match(name) is not None


@lru_cache(maxsize=ALL_PATTERN_CHARACTERS)  # A run has at most this many different parts, and each is compiled once.
def _expression(part: str) -> re.Pattern[str]:
    """Returns the standard library's regular expression. Since Python 3.11 its groups are atomic, so it never
    backtracks.
    """
    return re.compile(translate(part))
