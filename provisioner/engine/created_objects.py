"""Finds the live objects that a create request without a response may have made. An object is recognised by the
ownership mark that the request contained. Without such a mark, it is recognised by identifying fields, such as name and
size.
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
    """The live objects that one create request may have made (`lives`).

    `certain` is True if the objects carry the ownership mark that the request contained. It is also True if objects of
    this type carry no mark, all identifying fields match, and the time when each object was made is known. If the API
    returns contents, the contents must also be known and match. If `certain` is False, a person must decide whether the
    request made them.
    """

    lives: tuple[Live, ...] = ()
    certain: bool = True

    @property
    def made(self) -> Live | None:
        """The object that the create request made. None if `lives` does not contain exactly one object, or if `certain`
        is False.
        """
        return self.lives[0] if self.certain and len(self.lives) == 1 else None


def find_created(
    begin: Begin, lineage: str, collection: Collection, lives: Iterable[Live], known: Container[str]
) -> CreatedObjects:
    """Returns the objects in `lives` that a create request may have made. `begin` is the journal entry about this
    request. Objects whose ids are in `known` are recorded already and left out. `lineage` is the id that all versions
    of the state share; ownership marks contain it.

    The result is the objects with the ownership mark of the request. If there are none, the result is the objects
    without any mark that have the same identifying fields and are not older than the request. If the API returns the
    content of objects, objects with another content are left out. Raises ApiError if an API call fails.
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
    """Returns the create requests in `operations` whose object could be confused with the object of `begin`, another
    create request. They have the same type and the same identifying fields as `begin`, and other inputs.

    If the list is not empty, an object that was found by its identifying fields may come from any of these requests.
    The list is empty for types whose objects carry ownership marks or whose content is read.
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
    """Returns whether the object `live` may have been made after the create request in `begin` was sent. A difference
    of CLOCK_SKEW between the clocks is accepted. Returns True if the server does not return the time at which the
    object was made.
    """
    return not live.created_at or live.created_at >= begin.time - CLOCK_SKEW


def _inputs(begin: Begin) -> Mapping[str, Any]:
    return begin.intent.record.inputs if isinstance(begin.intent, Creating) else {}
