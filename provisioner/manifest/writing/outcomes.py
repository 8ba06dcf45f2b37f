"""What became of each field of an object: data classes of the report on `provision migrate` and `provision pull`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from provisioner.core.diagnostic import Place


class Outcome(StrEnum):
    """What became of a field."""

    CARRIED = "carried over"
    MOVED = "changed its name or place"
    DEFAULT = "left out, it is a default"
    GIVEN = "left out, the API sets it"
    HOMELESS = "no home on the target"
    SECRET = "a secret, not written"
    UNREAD = "an expression, not read"


#: The outcomes in which something is lost that a person has to decide about.
OPEN = (Outcome.HOMELESS, Outcome.SECRET, Outcome.UNREAD)


@dataclass(frozen=True, slots=True)
class FieldOutcome:
    """What became of one field. `path` is its path in the found object, and `to` its path in the manifest, if it is
    there under another name or in another place. `reason` says why, and what to do.
    """

    path: str
    outcome: Outcome
    to: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectReport:
    """What became of an object: its type, its id and its name, its address in the manifests (None: it is not
    declared), and its fields. `note` says what to do about the object as a whole.
    """

    type: str
    id: str | None
    name: str
    address: str | None
    place: Place | None = None
    fields: tuple[FieldOutcome, ...] = field(default=())
    note: str | None = None


def settled(outcomes: Iterable[FieldOutcome]) -> list[FieldOutcome]:
    """Returns one outcome for each field, in order. A field that was carried over first, and was taken out of the entry
    later, has the later outcome.
    """
    found: dict[str, FieldOutcome] = {}
    places: dict[str, str] = {}
    for each in outcomes:
        if each.outcome in (Outcome.CARRIED, Outcome.MOVED):
            places[each.to or each.path] = each.path
        source = places.get(each.path, each.path) if each.outcome in OPEN else each.path
        found[source] = replace(each, path=source)
    return list(found.values())
