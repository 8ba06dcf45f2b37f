"""Defines the data classes of the report that `provision migrate` and `provision pull` make. For each object, the
report gives the outcome of each field.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.diagnostic import Place


class Outcome(StrEnum):
    """The outcome of a field of an object: how the field was written to the manifest, or why it was not. Reports show
    the text of the outcome.
    """

    CARRIED = "carried over"
    MOVED = "changed its name or place"
    DEFAULT = "left out, it is a default"
    GIVEN = "left out, the API sets it"
    HOMELESS = "no home on the target"
    SECRET = "a secret, not written"
    UNREAD = "an expression, not read"


#: The outcomes in which a value is lost. The user has to decide about this value.
OPEN = (Outcome.HOMELESS, Outcome.SECRET, Outcome.UNREAD)


class FieldOutcome(Struct, frozen=True):
    """The outcome of one field. `path` is the path of the field in the found object. `to` is the path of the field in
    the manifest, or None if it is the same path. `reason` says why this is the outcome, and what to do.
    """

    path: str
    outcome: Outcome
    to: str | None = None
    reason: str | None = None


class ObjectReport(Struct, frozen=True):
    """The report on one object: the type, the id, the name and the fields of the object, and its address in the
    manifests (None if no manifest declares it). `note` is a remark about the object as a whole, such as what to do with
    it, or None.
    """

    type: str
    id: str | None
    name: str
    address: str | None
    place: Place | None = None
    fields: tuple[FieldOutcome, ...] = field(default=())
    note: str | None = None


def settled(outcomes: Iterable[FieldOutcome]) -> list[FieldOutcome]:
    """Returns the last outcome of each field of an object, from `outcomes`, which may contain several for a field. The
    result is sorted by the first outcome of each field.

    A value that was written to the manifest may be removed from it later. The outcome of the removal then counts for
    the field of the object that contained the value.
    """
    found: dict[str, FieldOutcome] = {}
    places: dict[str, str] = {}
    for each in outcomes:
        if each.outcome in (Outcome.CARRIED, Outcome.MOVED):
            places[each.to or each.path] = each.path
        source = places.get(each.path, each.path) if each.outcome in OPEN else each.path
        found[source] = replace(each, path=source)
    return list(found.values())
