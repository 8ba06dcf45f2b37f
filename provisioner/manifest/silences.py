"""Reads comments that silence findings of `provision lint`: `# provision: ignore[rule]` and `<!-- provision:
ignore[rule] -->`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import islice, repeat

from msgspec import Struct, field
from yaml.nodes import Node, ScalarNode

from provisioner.core.diagnostic import Place
from provisioner.core.finding import Finding, finding
from provisioner.core.rule import BY_NAME
from provisioner.manifest.parsing.node_walk import walk_nodes
from provisioner.manifest.validation.nearest import advise

MARK = "provision:"
# A list of names ends at the next bracket or line end, so that no text makes this slow.
COMMENT = re.compile(r"(#|<!--)[ \t]*provision:[ \t]*ignore\b(?:\[([^\[\]\n]{0,400})\])?")
#: The largest number of comments that are read in one line.
MOST = 20
OWN = "unused-silence"
#: Rules that a comment silences only if it gives a reason after the brackets.
REASONED = frozenset({"secret"})


class Silence(Struct):
    """One comment that silences findings of `provision lint`.

    `names` are the rules whose findings the comment silences. If `names` is empty, the comment silences all rules.
    `used` are the rules of which the comment has silenced a finding so far. `alone` is true if the line contains only
    this comment. Then the comment also applies to the next line. `wants_reason` is true if a finding was not silenced
    only because the comment gives no reason.
    """

    place: Place
    names: tuple[str, ...]
    alone: bool
    reason: str = ""
    used: set[str] = field(default_factory=set)
    wants_reason: bool = False

    def covers(self, rule: str) -> bool:
        """Returns whether the comment silences findings of the rule `rule`. If it does, the rule is added to `used`. If
        the rule requires a reason and the comment gives none, sets `wants_reason` and returns False.
        """
        if self.names and rule not in self.names:
            return False
        if rule in REASONED and not self.reason:
            self.wants_reason = True
            return False
        self.used.add(rule)
        return True


def read_silences(file: str, text: str, node: Node | None = None) -> list[Silence]:
    """Returns the comments in a text that silence findings. `file` is the text's path for display.

    If the text is YAML, `node` is the root of its YAML nodes. A `#` inside quotes is then not a comment.
    """
    if MARK not in text:
        return []
    found, quoted = [], _Quoted(node)
    for number, line in enumerate(text.split("\n"), 1):
        begin = len(line) - len(line.lstrip())
        for match in islice(COMMENT.finditer(line), MOST) if MARK in line else ():
            if match[1] == "#" and quoted.holds(number - 1, match.start()):
                continue
            names = tuple(name for part in (match[2] or "").split(",") if (name := part.strip()))
            alone = match.start() == begin
            if alone and match[1] == "<!--":
                end = line.find("-->", match.end())
                alone = end >= 0 and not line[end + 3 :].strip()
            reason = line[match.end() : match.end() + 200].partition("-->")[0].strip(" \t:-")
            found.append(Silence(Place(file, number, match.start() + 1), names, alone, reason))
    return found


class _Quoted:
    """The positions of all quoted texts in and below a YAML node, sorted by position. Lines and columns start at 0, as
    in PyYAML's marks.
    """

    def __init__(self, node: Node | None) -> None:
        scalars = [each for each in walk_nodes(node) if isinstance(each, ScalarNode) and each.style in ("'", '"')]
        spans = [(each.start_mark, each.end_mark) for each in scalars]
        self._spans = sorted(((a.line, a.column), (b.line, b.column)) for a, b in spans)

    def holds(self, line: int, column: int) -> bool:
        """Returns whether a position in the file is inside a quoted text."""
        index = bisect_right(self._spans, (line, column), key=lambda span: span[0])
        return index > 0 and (line, column) < self._spans[index - 1][1]


class Silences:
    """All comments of a project that silence findings of `provision lint`, keyed by file and line."""

    def __init__(self) -> None:
        self._by_line: dict[tuple[str, int], list[Silence]] = {}
        self._files: set[str] = set()

    def read(self, file: str, text: str, node: Node | None = None) -> None:
        """Reads and adds the comments in the text of a file. Does nothing if the file's comments were already added. If
        the text is YAML, `node` is the root of its YAML nodes.
        """
        self.take(file, read_silences(file, text, node) if file not in self._files else [])

    def take(self, file: str, silences: list[Silence]) -> None:
        """Adds comments that were already read from a file. Does nothing if the file's comments were already added."""
        if file in self._files:
            return
        self._files.add(file)
        for silence in silences:
            self._by_line.setdefault((file, silence.place.line), []).append(silence)

    def cover(self, found: Finding) -> bool:
        """Returns whether a comment silences the finding `found`. The comment must be on the finding's line, or alone
        on the line above. For a finding in a file to which a manifest refers, the comment may also be beside the
        reference.
        """
        return self.cover_at((found.place, *found.near) if found.place else found.near, found.rule)

    def cover_at(self, places: Iterable[Place], rule: str) -> bool:
        """Returns whether a comment at one of the places silences findings of the rule `rule`."""
        return any(list(map(self._covers, places, repeat(rule))))

    def unused(self) -> Iterator[Finding]:
        """Yields a finding for each comment that has no effect. A comment without names of rules has no effect if it
        has silenced nothing. If a comment names rules, yields a finding for each name that is no rule's name, and for
        each named rule of which no finding was silenced. A comment that also names the rule `unused-silence` gets no
        finding for the second reason.
        """
        for silence in (each for line in self._by_line.values() for each in line):
            if not silence.names and not silence.used:
                yield finding(OWN, "this silences nothing; remove it", silence.place, subject="everything")
            for name in silence.names:
                if name not in BY_NAME:
                    advice = advise(name, BY_NAME, "docs/lint.md lists them")
                    yield finding(OWN, f"there is no rule `{name[:40]}`; {advice}", silence.place, subject=name)
                elif name not in silence.used and OWN not in silence.names:
                    message = f"`{name}` has nothing to silence here; take it out"
                    if name in REASONED and silence.wants_reason:
                        message = f"`{name}` is silenced only with a reason; write it behind the bracket"
                    yield finding(OWN, message, silence.place, subject=name)

    def _covers(self, place: Place, rule: str) -> bool:
        here = self._by_line.get((place.file, place.line), [])
        above = [each for each in self._by_line.get((place.file, place.line - 1), []) if each.alone]
        # `covers` is called for every comment, because it records that the comment was used.
        return any(list(map(Silence.covers, (*here, *above), repeat(rule))))
