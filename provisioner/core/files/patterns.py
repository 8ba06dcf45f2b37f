"""Parses globs and compares them with paths, one name of the path at a time. The time is never exponential.

`*`, `?` and `[…]` stand for characters of one name. `**` stands for any number of folders.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import translate
from functools import lru_cache
from itertools import repeat

from msgspec import Struct

from provisioner.core.files.limits import ALL_PATTERN_CHARACTERS, COMPARISONS, ENTRIES, MATCHES, PATTERN_CHARACTERS
from provisioner.core.text.composition import to_nfc

WILD = frozenset("*?[")
DEEP = "**"
#: The largest product of the lengths of a name and a part of a glob that counts as one comparison.
LONG = 1_000


class LimitExceeded(Exception):
    """Raised if one glob, or all globs of a run together, exceed a limit. The message names the limit and says what to
    do.
    """


class Budget(Struct):
    """The numbers of glob characters, comparisons, names and matches that are still allowed in a run.

    Each method subtracts from one of these numbers, and raises LimitExceeded if too little is left.
    """

    characters: int = ALL_PATTERN_CHARACTERS
    comparisons: int = COMPARISONS
    entries: int = ENTRIES
    matches: int = MATCHES

    def parse(self, count: int) -> None:
        """Counts the characters of a glob before the glob is parsed. Subtracts `count` from the number of characters
        that this run may still parse. Raises LimitExceeded if too few are left, or if this glob alone is too long.
        """
        if count > PATTERN_CHARACTERS:
            raise LimitExceeded(f"this glob has {count:,} characters, at most {PATTERN_CHARACTERS:,}; shorten it")
        self.characters -= count
        if self.characters < 0:
            raise LimitExceeded(f"the globs have over {ALL_PATTERN_CHARACTERS:,} characters in all; use fewer")

    def compare(self, count: int) -> None:
        """Counts comparisons of globs with names. Subtracts `count` from the number of comparisons that this run may
        still make. Raises LimitExceeded if too few are left.
        """
        self.comparisons -= count
        if self.comparisons < 0:
            raise LimitExceeded(f"the globs need over {COMPARISONS:,} comparisons; use fewer or simpler ones")

    def list(self, count: int) -> None:
        """Counts names that were read from a folder. Subtracts `count` from the number of names that this run may still
        read. Raises LimitExceeded if too few are left.
        """
        self.entries -= count
        if self.entries < 0:
            raise LimitExceeded(f"there are over {ENTRIES:,} files and folders to look at; name narrower folders")

    def match(self, count: int) -> None:
        """Counts files that a glob matches. Subtracts `count` from the number of files that globs may still match in
        this run. Raises LimitExceeded if too few are left.
        """
        self.matches -= count
        if self.matches < 0:
            raise LimitExceeded(f"the globs match over {MATCHES:,} files in all; use fewer or narrower ones")


class Pattern(Struct, frozen=True):
    """A glob relative to the root, split at `/` into `parts`. The methods compare a path with the glob, name by name.

    The methods use positions in the glob: the position N means that the first N parts of the glob have matched. `parts`
    never contains two `**` in sequence, and no `**` at its end. `folders` is True if the glob ended with `/`, so that
    it matches only folders.
    """

    parts: tuple[str, ...]
    folders: bool = False

    @property
    def begin(self) -> frozenset[int]:
        """The positions in the glob at which the comparison with a path begins. A position is the number of parts of
        the glob that have matched already.
        """
        return self.reach((0,))

    def reach(self, positions: Iterable[int]) -> frozenset[int]:
        """Returns `positions` and further positions. If a `**` begins at one of `positions`, the position after this
        `**` is added, because `**` may match no folder. A position is the number of parts of the glob that have
        matched.
        """
        if DEEP not in self.parts:
            return frozenset(positions)
        found = set(positions)
        found |= {position + 1 for position in found if self.parts[position : position + 1] == (DEEP,)}
        return frozenset(found)

    def step(self, positions: frozenset[int], name: str, budget: Budget, *, dots: bool = False) -> frozenset[int]:
        """Compares the next name of a path with the glob, and returns the positions in the glob after this name.

        `positions` are the positions before this name. A position is the number of parts of the glob that have matched.
        `name` is in NFC. A wildcard matches a dot at the beginning of the name only if `dots` is set. `budget` counts
        the comparisons. Raises LimitExceeded if the run has made too many of them.
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

    def matches(self, positions: frozenset[int], names: Sequence[str], budget: Budget) -> Iterable[object]:
        """Returns one value for each name in `names`. The value is true if the glob matches a file with this name.

        `positions` are the positions in the glob after the folder of the files. `names` are in NFC. The result is what
        separate calls of `step` and `is_end` would return, and `budget` counts the same comparisons. Raises
        LimitExceeded if the run has made too many of them.
        """
        last = len(self.parts) - 1
        compared = [self.parts[position] for position in positions if position <= last]
        budget.compare(len(names) + sum(_comparisons(part, names) for part in compared if part != DEEP))
        if last not in positions or self.folders:
            return repeat(False, len(names))
        return match_names(self.parts[last], names)

    def name_at(self, positions: frozenset[int]) -> str | None:
        """Returns the only name that can match at `positions`. Returns None if the glob has a wildcard at `positions`,
        or if `positions` contains several positions.
        """
        if len(positions) != 1:
            return None
        [position] = positions
        part = self.parts[position] if position < len(self.parts) else DEEP
        return None if WILD & set(part) else part

    def is_end(self, positions: frozenset[int]) -> bool:
        """Returns whether all parts of the glob have matched, which means that `positions` contains the end of the
        glob.
        """
        return len(self.parts) in positions

    def covers(self, names: Sequence[str], budget: Budget) -> bool:
        """Returns whether the glob matches a path, or a folder that contains the path (this is the rule of .gitignore).
        `names` are the names in the path, from the root. `budget` counts the comparisons.
        """
        positions = self.begin
        for index, name in enumerate(names):
            positions = self.step(positions, name, budget, dots=True)
            if self.is_end(positions) and not (self.folders and index == len(names) - 1):
                return True
            if not positions:
                return False
        return False


def parse_pattern(text: str, base: Sequence[str], budget: Budget, *, literal: bool = False) -> Pattern | None:
    """Returns the glob `text` in parsed form, or None if the glob leads out of the root or begins with `/`.

    `base` is the folder of the file in which the glob is written. `base` and the parsed glob are relative to the root.
    With `literal`, no character of the glob is a wildcard. `budget` counts the characters of all globs of the run.
    Raises LimitExceeded if the glob is too long, or if the run has parsed too many characters.
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
    """Returns a glob of files to leave out, in parsed form. `text` is the text of the glob. Returns None if the glob
    leads out of the root or contains no name.

    The rules are those of .gitignore. A glob without a `/` before its last character matches names in any folder below
    `base`. Any other glob is relative to `base`, even if it begins with `/`. With `literal`, no character is a
    wildcard. Raises LimitExceeded if the glob is too long, or if the run has parsed too many characters.
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
    """Returns a part of a glob that matches only the name `name`. Wildcards in the name are escaped. The result is in
    NFC.
    """
    return re.sub(r"([*?[])", r"[\1]", to_nfc(name))


def matches_name(part: str, name: str, *, dots: bool) -> bool:
    """Returns whether one part of a glob matches a file's or folder's name. A name that is equal to the part always
    matches.

    A wildcard matches a dot at the beginning of the name only if `dots` is set.
    """
    if part == name:
        return True
    expression = _expression(part)
    if expression is None or (name.startswith(".") and not dots and not part.startswith((".", "[.]"))):
        return False
    return expression.match(name) is not None


def match_names(part: str, names: Sequence[str]) -> Iterable[object]:
    """Returns one value for each name in `names`. The value is true if one part of a glob matches the name, as
    `matches_name` without `dots` says. One call for thousands of names is much faster than a call for each of them.
    """
    expression = _expression(part)
    if expression is None:
        return [name == part for name in names]
    if part in names or (not part.startswith((".", "[.]")) and any(name.startswith(".") for name in names)):
        return [matches_name(part, name, dots=False) for name in names]
    return map(expression.match, names)


def _comparisons(part: str, names: Sequence[str]) -> int:
    """Returns the number of comparisons that count if one part of a glob is compared with each name in `names`."""
    longest = max(map(len, names), default=0)
    additional = sum(len(part) * len(name) // LONG for name in names) if len(part) * longest >= LONG else 0
    return len(names) + additional


@lru_cache(maxsize=ALL_PATTERN_CHARACTERS)  # A run has at most this many different parts, and each is compiled once.
def _expression(part: str) -> re.Pattern[str] | None:
    """Returns one part of a glob as a regular expression, which the standard library makes. Returns None if the part
    has no wildcard.

    Since Python 3.11 the groups of this expression are atomic, so matching never backtracks.
    """
    return re.compile(translate(part)) if WILD & set(part) else None
