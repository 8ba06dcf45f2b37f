"""Finds the live objects that a create without a response may have made: by their marks, or by their traits if no
object has the mark of the create.

Traits are the fields that distinguish objects without a mark.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.objecttype import MarkPlace, ObjectType
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live
from provisioner.openai_api.collections.marks import is_alike
from provisioner.state.journal import Begin
from provisioner.state.operations import Creating

#: The number of seconds by which an object may seem older than the request that created it, because clocks differ.
CLOCK_SKEW = 300.0


class CreatedObjects(Struct, frozen=True):
    """The live objects that one create may have made (`lives`).

    `certain` is true if the objects carry the mark of the create. It is also true if their type has no place for a mark
    and all traits match. Otherwise a person must decide, because the expected mark is missing, the type has no traits,
    or the server does not return the time when an object was made.
    """

    lives: tuple[Live, ...] = ()
    certain: bool = True

    @property
    def made(self) -> Live | None:
        """The object that the create made, or None if `lives` is empty or has several objects, or if `certain` is
        False.
        """
        return self.lives[0] if self.certain and len(self.lives) == 1 else None


def find_created(
    begin: Begin, lineage: str, collection: Collection, lives: Iterable[Live], known: Container[str]
) -> CreatedObjects:
    """Returns the objects in `lives` that the create in `begin` may have made. Objects whose ids are in `known` are
    recorded already and left out. `lineage` is the lineage of the state.

    The result is the objects with the mark of the create. If there are none, the result is the objects without any mark
    that have the traits of the create and are not older than the create. If the API returns the content of objects,
    objects with another content are left out. Raises ApiError if an API call fails.
    """
    marks = [(live, collection.mark_of(live)) for live in lives if live.id not in known]
    marked = [
        live
        for live, mark in marks
        if mark is not None and mark.operation == begin.operation and mark.lineage in (None, lineage)
    ]
    if marked:
        return CreatedObjects(tuple(marked))
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
    is_distinguishable = declared.mark is MarkPlace.NOWHERE and bool(declared.traits)
    known_content = all(held.get(live.id, True) for live in alike)
    return CreatedObjects(
        alike, certain=is_distinguishable and known_content and all(live.created_at for live in alike)
    )


def rivals(begin: Begin, operations: Iterable[Begin], declared: ObjectType) -> list[Begin]:
    """Returns the other open creates in `operations` that may have made an object with the traits of `begin`. They have
    the same type and the same traits as `begin`, and other inputs.

    If the list is not empty, an object that is found by its traits may come from any of these creates. The list is
    empty for types whose objects carry marks or whose content is read.
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
    """Returns whether the object `live` may have been made after the create in `begin` was sent. Clocks may differ by
    CLOCK_SKEW. Returns True if the server does not return the time at which the object was made.
    """
    return not live.created_at or live.created_at >= begin.time - CLOCK_SKEW


def _inputs(begin: Begin) -> Mapping[str, Any]:
    return begin.intent.record.inputs if isinstance(begin.intent, Creating) else {}
