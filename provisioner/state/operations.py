"""The intents of operations: what recovery needs to know of a write whose answer was never read.

A journal contains each intent as a verb and details. Keys that this version does not know are kept, so that an entry
that is written again loses nothing. None of it is secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

from provisioner.core.address import Address
from provisioner.core.strictjson import Shape, check_shape
from provisioner.state.records import Record, Retired

#: The writes to one store's members. They are inside of a `settle` operation, which says what they change.
MEMBER_VERBS = ("attach", "describe", "detach")
#: An id that no record has and no object gets.
NO_ID = ""

DETAILS_SHAPE: Shape = {
    "record": dict,
    "retire": (dict, type(None)),
    "before": (str, type(None)),
    "sent": dict,
}


@dataclass(frozen=True, slots=True)
class Creating:
    """An object is created. `record` is its record, without its id and the fields of the answer.

    `retire` is the object that it replaces; `before` is the id that its address had until now.
    """

    verb: ClassVar[str] = "create"
    record: Record
    retire: Retired | None = None
    before: str | None = None
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details in the format of the journal."""
        retire = None if self.retire is None else self.retire.to_json()
        return {"record": self.record.to_json(), "retire": retire, "before": self.before, **self.other}


@dataclass(frozen=True, slots=True)
class Adopting:
    """An object that exists already gets our mark and the fields that differ. `record` is its record, with the fields
    of the answer as they were before.
    """

    verb: ClassVar[str] = "adopt"
    record: Record
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details in the format of the journal."""
        return {"record": self.record.to_json(), **self.other}


@dataclass(frozen=True, slots=True)
class Updating:
    """Fields of an object are set. `sent` are their values as they will be recorded (None: reset)."""

    verb: ClassVar[str] = "update"
    sent: Mapping[str, Any]
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details in the format of the journal."""
        return {"sent": dict(self.sent), **self.other}


@dataclass(frozen=True, slots=True)
class Settling:
    """Members of one store are attached, described and detached. It encloses these writes and sends nothing itself.

    `sent` has the fields that they change; the values are not known before the end.
    """

    verb: ClassVar[str] = "settle"
    sent: Mapping[str, Any]
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details in the format of the journal."""
        return {"sent": dict(self.sent), **self.other}


@dataclass(frozen=True, slots=True)
class Deleting:
    """An object is deleted: the one in the record of the address, or a retired one."""

    verb: ClassVar[str] = "delete"
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details in the format of the journal."""
        return dict(self.other)


@dataclass(frozen=True, slots=True)
class ChangingMembers:
    """One write to a store's members."""

    verb: Literal["attach", "describe", "detach"]
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details in the format of the journal."""
        return dict(self.other)


Intent = Creating | Adopting | Updating | Settling | Deleting | ChangingMembers

#: The verbs of operations. `settle` encloses all writes to one store's members.
VERBS = (Creating.verb, Adopting.verb, Updating.verb, Deleting.verb, Settling.verb, *MEMBER_VERBS)


def sent_fields(intent: Intent) -> Mapping[str, Any]:
    """Returns the fields that are sent for an existing object; empty if the intent has none.

    Older versions wrote them for every verb except `create`.
    """
    if isinstance(intent, Updating | Settling):
        return intent.sent
    sent: Mapping[str, Any] = {} if isinstance(intent, Creating | Adopting) else intent.other.get("sent", {})
    return sent


def parse_intent(verb: str, address: Address, type_: str, details: Mapping[str, Any]) -> Intent:
    """Returns the intent with this verb and these details. Raises KeyError, TypeError, ValueError or a ProvisionError.

    `address` and `type_` are those of the operation; the objects in the details must have the same.
    """
    check_shape(details, DETAILS_SHAPE)
    check_shape(details.get("sent", {}), {"metadata": dict})
    match verb:
        case Creating.verb:
            return _parse_creating(address, type_, details)
        case Adopting.verb:
            return _parse_adopting(address, type_, details)
        case Updating.verb:
            return Updating(details.get("sent", {}), _without(details, "sent"))
        case Settling.verb:
            return Settling(details.get("sent", {}), _without(details, "sent"))
        case Deleting.verb:
            return Deleting(dict(details))
        case "attach" | "describe" | "detach":
            return ChangingMembers(verb, dict(details))
    raise ValueError(f"no such verb: {verb}")


def _parse_creating(address: Address, type_: str, details: Mapping[str, Any]) -> Creating:
    record = Record.from_json(str(address), {**details["record"], "id": "unknown"})
    if record.type != type_:
        raise ValueError("a create of another type than what it records")
    retire = None if details.get("retire") is None else Retired.from_json(details["retire"])
    if retire is not None and retire.address != address:
        raise ValueError("a create that replaces another address's object")
    other = _without(details, "record", "retire", "before")
    return Creating(replace(record, id=NO_ID), retire, details.get("before"), other)


def _parse_adopting(address: Address, type_: str, details: Mapping[str, Any]) -> Adopting:
    record = Record.from_json(str(address), details["record"])
    if record.type != type_ or not record.adopted:
        raise ValueError("an adoption of another type than what it records, or of what is not recorded as adopted")
    return Adopting(record, _without(details, "record"))


def _without(details: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in details.items() if name not in names}
