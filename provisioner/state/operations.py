"""Defines the intents of operations. An intent is the description of an operation (a write to the API) in the journal.
It says what the operation does. The next run needs the intent if no response to the write was received.

A journal contains each intent as a verb and details. The verb is the kind of operation, such as `create`, and the
details contain, for example, the new record. The details may contain keys that this version of provision does not know.
These keys are kept, so that an entry loses nothing when it is written again. If the journal is not encrypted, details
that contain a secret are not written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.strictjson import Shape, check_shape
from provisioner.state.records import Record, Retired

#: The verbs of the writes to the members of one vector store. A `settle` operation encloses these operations and says
#: which fields they change.
MEMBER_VERBS = ("attach", "describe", "detach")
#: The placeholder for the id of an object that is not created yet. No object has this id.
NO_ID = ""

DETAILS_SHAPE: Shape = {
    "record": dict,
    "retire": (dict, type(None)),
    "before": (str, type(None)),
    "sent": dict,
}


class Creating(Struct, frozen=True):
    """Describes, in the journal, the creation of an object. The description is written before the request is sent.
    `record` is the new record, without the id and the fields that come from the API's response.

    `retire` is the object that the new one replaces and that is to be deleted later (None: no object is to be deleted).
    `before` is the id in the former record at this address. It is set even if the object with this id is not to be
    deleted, for example because it no longer exists.
    """

    verb: ClassVar[str] = "create"
    record: Record
    retire: Retired | None = None
    before: str | None = None
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details of this intent (what a write to the API does) as JSON, in the format of the journal."""
        retire = None if self.retire is None else self.retire.to_json()
        return {"record": self.record.to_json(), "retire": retire, "before": self.before, **self.other}


class Adopting(Struct, frozen=True):
    """Describes, in the journal, the adoption of an object that provision did not create. An adoption writes an
    ownership mark into the object, and changes the fields that differ from the manifest. `record` is the object's new
    record, with the values that the API returned before the write.
    """

    verb: ClassVar[str] = "adopt"
    record: Record
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details of this intent (what a write to the API does) as JSON, in the format of the journal."""
        return {"record": self.record.to_json(), **self.other}


class Updating(Struct, frozen=True):
    """Describes, in the journal, a change of fields of an object. `sent` maps the name of each field to its new value,
    in the form in which the value will be recorded. The value None means that the field is reset.
    """

    verb: ClassVar[str] = "update"
    sent: Mapping[str, Any]
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details of this intent (what a write to the API does) as JSON, in the format of the journal."""
        return {"sent": dict(self.sent), **self.other}


class Settling(Struct, frozen=True):
    """Describes, in the journal, an operation that makes the files of one vector store match the manifest. This
    operation, with the verb `settle`, sends nothing itself. It encloses other operations, which attach files, change
    their attributes, and detach them.

    `sent` contains the fields that the enclosed operations change. The new values are known only at the end.
    """

    verb: ClassVar[str] = "settle"
    sent: Mapping[str, Any]
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details of this intent (what a write to the API does) as JSON, in the format of the journal."""
        return {"sent": dict(self.sent), **self.other}


class Deleting(Struct, frozen=True):
    """Describes, in the journal, the deletion of an object. The object is either in the record at the operation's
    address, or was replaced earlier.
    """

    verb: ClassVar[str] = "delete"
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details of this intent (what a write to the API does) as JSON, in the format of the journal."""
        return dict(self.other)


class ChangingMembers(Struct, frozen=True):
    """Describes, in the journal, one write to the files of a vector store. `verb` says whether a file is attached, its
    attributes are changed (`describe`), or it is detached.
    """

    verb: Literal["attach", "describe", "detach"]
    other: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Returns the details of this intent (what a write to the API does) as JSON, in the format of the journal."""
        return dict(self.other)


Intent = Creating | Adopting | Updating | Settling | Deleting | ChangingMembers

#: The verbs of operations. `settle` encloses all writes to one store's members.
VERBS = (Creating.verb, Adopting.verb, Updating.verb, Deleting.verb, Settling.verb, *MEMBER_VERBS)


def sent_fields(intent: Intent) -> Mapping[str, Any]:
    """Returns the fields that an operation changes in an existing object, with the values that are sent. `intent` is
    the description of the operation in the journal. The result is empty if the operation changes no such fields.

    Older versions of provision also recorded such fields for operations with other verbs (kinds of operation) than
    `update` and `settle`. So the result may also contain fields for verbs such as `delete`.
    """
    if isinstance(intent, Updating | Settling):
        return intent.sent
    sent: Mapping[str, Any] = {} if isinstance(intent, Creating | Adopting) else intent.other.get("sent", {})
    return sent


def parse_intent(verb: str, address: Address, type_: str, details: Mapping[str, Any]) -> Intent:
    """Returns the intent: the description of an operation (a write to the API) in the journal. `verb` is the kind of
    operation, such as `create`. `details` are the details of the operation in the format of the journal, such as the
    new record. Raises KeyError, TypeError, ValueError or a ProvisionError if the verb is unknown or the details are not
    valid.

    `address` and `type_` are the address and the type of the operation. For a creation or an adoption, the record in
    the details must have the same type; for a creation, a replaced object must also have the same address.
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
