"""Which live objects a create without an answer may have made: by mark, else by traits, else nobody can tell."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioner.core.objecttype import MarkPlace, ObjectType
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live
from provisioner.openai_api.collections.marks import is_alike
from provisioner.state.journal import Begin
from provisioner.state.operations import Creating

#: Clocks differ: an object may seem to be this many seconds older than its own beginning.
CLOCK_SKEW = 300.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """The live objects that one create may have made.

    `certain`: they carry its mark, or they are of a type that has no place for one and have all its traits. Otherwise a
    person has to decide: the mark that should be there is not, the type has no traits, or the server says no time.
    """

    lives: tuple[Live, ...] = ()
    certain: bool = True

    @property
    def made(self) -> Live | None:
        """The one object that it made; None where there is none, or where nobody can tell."""
        return self.lives[0] if self.certain and len(self.lives) == 1 else None


def sight(begin: Begin, lineage: str, collection: Collection, lives: Iterable[Live], known: Container[str]) -> Sighting:
    """What of `lives` a create may have made, without those that are known already.

    Those that carry the mark of its operation; where there are none, those without any mark that look as it was to look
    and are not older than it, and that do not hold another content where the API gives that back. Raises ApiError.
    """
    marks = [(live, collection.mark_of(live)) for live in lives if live.id not in known]
    marked = [
        live
        for live, mark in marks
        if mark is not None and mark.operation == begin.operation and mark.lineage in (None, lineage)
    ]
    if marked:
        return Sighting(tuple(marked))
    declared, inputs = collection.declared, _inputs(begin)
    held: Mapping[str, bool | None] = {}
    alike = tuple(
        live
        for live, mark in marks
        if mark is None and _may_be_as_new(live, begin) and is_alike(declared, inputs, live)
    )
    if declared.is_readable:
        held = {live.id: collection.holds(live, inputs) for live in alike}
        alike = tuple(live for live in alike if held[live.id] is not False)
    told_apart = declared.mark is MarkPlace.NOWHERE and bool(declared.traits)
    known_content = all(held.get(live.id, True) for live in alike)
    return Sighting(alike, certain=told_apart and known_content and all(live.created_at for live in alike))


def rivals(begin: Begin, operations: Iterable[Begin], declared: ObjectType) -> list[Begin]:
    """The open creates of this type that no trait tells from this one, and that make something else.

    What is found may be theirs. Objects that carry marks have none, and neither have those whose content is read.
    """
    if not isinstance(begin.intent, Creating) or declared.mark is not MarkPlace.NOWHERE or declared.is_readable:
        return []
    ours = _inputs(begin)
    return [
        other
        for other in operations
        if other.type == begin.type
        and isinstance(other.intent, Creating)
        and all(_inputs(other).get(name) == ours.get(name) for name in declared.traits)
        and _inputs(other) != ours
    ]


def _may_be_as_new(live: Live, begin: Begin) -> bool:
    """Whether an object is not older than a create. Where the server does not say how old it is, it may be."""
    return not live.created_at or live.created_at >= begin.time - CLOCK_SKEW


def _inputs(begin: Begin) -> Mapping[str, Any]:
    return begin.intent.record.inputs if isinstance(begin.intent, Creating) else {}
