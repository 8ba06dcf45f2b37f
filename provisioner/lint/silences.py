"""Comments that silence findings: `# provision: ignore[rule]` and `<!-- provision: ignore[rule] -->`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, repeat

from provisioner.diagnostic import Place
from provisioner.finding import Finding, finding
from provisioner.manifest.nearest import advise
from provisioner.rule import BY_NAME

MARK = "provision:"
# A list of names ends at the next bracket or line, so that no text makes this slow.
COMMENT = re.compile(r"(#|<!--)[ \t]*provision:[ \t]*ignore\b(?:\[([^\[\]\n]{0,400})\])?")
#: Comments that are read of one line.
MOST = 20
OWN = "unused-silence"


@dataclass(slots=True)
class Silence:
    """One comment. `names` are the rules that it silences, all where there are none; `alone` says that nothing else
    stands on its line, so that it is for the next one. `used` are the names that silenced something.
    """

    place: Place
    names: tuple[str, ...]
    alone: bool
    used: set[str] = field(default_factory=set)

    def covers(self, rule: str) -> bool:
        """Whether it silences a rule; remembers that it did."""
        if self.names and rule not in self.names:
            return False
        self.used.add(rule)
        return True


def read_silences(file: str, text: str) -> list[Silence]:
    """The comments in a text, which is `file`, as places show it."""
    if MARK not in text:
        return []
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        begin = len(line) - len(line.lstrip())
        for match in islice(COMMENT.finditer(line), MOST) if MARK in line else ():
            names = tuple(name for part in (match[2] or "").split(",") if (name := part.strip()))
            alone = match.start() == begin
            if alone and match[1] == "<!--":
                end = line.find("-->", match.end())
                alone = end >= 0 and not line[end + 3 :].strip()
            found.append(Silence(Place(file, number, match.start() + 1), names, alone))
    return found


class Silences:
    """The comments of a project, by file and line."""

    def __init__(self) -> None:
        self._by_line: dict[tuple[str, int], list[Silence]] = {}
        self._files: set[str] = set()

    def read(self, file: str, text: str) -> None:
        """Takes in the comments of a file, once."""
        self.take(file, read_silences(file, text) if file not in self._files else [])

    def take(self, file: str, silences: list[Silence]) -> None:
        """Takes in comments that were read already; those of a file that is known are known."""
        if file in self._files:
            return
        self._files.add(file)
        for silence in silences:
            self._by_line.setdefault((file, silence.place.line), []).append(silence)

    def cover(self, found: Finding) -> bool:
        """Whether a comment silences the finding: on its line, alone on the line above, or beside a reference."""
        places = (found.place, *found.near) if found.place else found.near
        return any(list(map(self._covers, places, repeat(found.rule))))

    def unused(self) -> Iterator[Finding]:
        """What silences nothing, and names that are no rule's."""
        for silence in (each for line in self._by_line.values() for each in line):
            if not silence.names and not silence.used:
                yield finding(OWN, "this silences nothing; remove it", silence.place, subject="everything")
            for name in silence.names:
                if name not in BY_NAME:
                    advice = advise(name, BY_NAME, "docs/lint.md lists them")
                    yield finding(OWN, f"there is no rule `{name[:40]}`; {advice}", silence.place, subject=name)
                elif name not in silence.used and OWN not in silence.names:
                    message = f"`{name}` has nothing to silence here; take it out"
                    yield finding(OWN, message, silence.place, subject=name)

    def _covers(self, place: Place, rule: str) -> bool:
        here = self._by_line.get((place.file, place.line), [])
        above = [each for each in self._by_line.get((place.file, place.line - 1), []) if each.alone]
        # All are asked, so that each knows what it is for.
        return any(list(map(Silence.covers, (*here, *above), repeat(rule))))
