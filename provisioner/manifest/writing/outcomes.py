"""The data classes of the report that `provision migrate` and `provision pull` make. For each object, the report gives
the outcome of each field.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from provisioner.core.diagnostic import Place


class Outcome(StrEnum):
    """The outcome of a field of an object: how the field got into the manifest, or why it did not. Reports show the
    text.
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


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """The outcome of one field. `path` is the field's path in the found object. `to` is its path in the manifest if
    this path differs from `path`, otherwise None. `reason` says why, and what to do.
    """

    path: str
    outcome: Outcome
    to: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectReport:
    """The report on one object: its type, its id and its name, its address in the manifests (None if no manifest
    declares it), and its fields. `note` says what to do about the object as a whole.
    """

    type: str
    id: str | None
    name: str
    address: str | None
    place: Place | None = None
    fields: tuple[FieldOutcome, ...] = field(default=())
    note: str | None = None


def settled(outcomes: Iterable[FieldOutcome]) -> list[FieldOutcome]:
    """Returns one outcome for each field of an object, in order: the last one in `outcomes`.

    A value may be removed from the manifest after it was written there. The outcome of the removal then belongs to the
    object's field from which the value came.
    """
    found: dict[str, FieldOutcome] = {}
    places: dict[str, str] = {}
    for each in outcomes:
        if each.outcome in (Outcome.CARRIED, Outcome.MOVED):
            places[each.to or each.path] = each.path
        source = places.get(each.path, each.path) if each.outcome in OPEN else each.path
        found[source] = replace(each, path=source)
    return list(found.values())
