"""Defines the entries of the journal. A begin entry is written before each operation (write to the API), and an end
entry after it, with the resulting change of the state (the delta).

The present state is the state on disk, changed by the deltas in the journal. So if a run is killed, every write whose
response was received is recorded. An operation without an end entry may or may not have been carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.authorship import LATEST_TIME
from provisioner.core.errors import ProvisionError
from provisioner.core.objecttype import TYPES
from provisioner.core.strictjson import NUMBER, Shape, check_shape
from provisioner.state.operations import VERBS, Adopting, Creating, Deleting, Intent, Updating, parse_intent
from provisioner.state.partial_uploads import UPLOAD_ENTRIES, UploadEntry, parse_upload_entry
from provisioner.state.records import Origin, Record, Retired
from provisioner.state.shape import LARGEST, check_number, check_operation, check_text, check_type


class UnclearOperation(ValueError):
    """The error for an operation in the journal whose details are missing or invalid. The details describe the write to
    the API, so without them it is not known what the operation does.
    """


class Opening(Struct, frozen=True):
    """The first entry of a journal, which identifies the journal's state. `time` is in seconds since 1970."""

    lineage: str
    serial: int
    account: str
    project: str
    environment: str
    time: float

    def to_json(self) -> dict[str, Any]:
        """Returns the entry as JSON in the format of the journal."""
        return {
            "entry": "open",
            "lineage": self.lineage,
            "serial": self.serial,
            "account": self.account,
            "project": self.project,
            "environment": self.environment,
            "time": self.time,
        }


class Begin(Struct, frozen=True):
    """The entry that is written before a write is sent to the API. `intent` describes the operation: its verb (such as
    `create`) and its details. If this run is killed, the next run needs the intent.

    `operation` is the id of the operation. `digest` is the digest of the sent data. `time` is in seconds since 1970.
    """

    operation: str
    address: Address
    type: str
    digest: str
    time: float
    intent: Intent

    def to_json(self) -> dict[str, Any]:
        """Returns the entry as JSON in the format of the journal."""
        return {
            "entry": "begin",
            "operation": self.operation,
            "address": str(self.address),
            "verb": self.intent.verb,
            "type": self.type,
            "digest": self.digest,
            "time": self.time,
            "details": self.intent.to_json(),
        }


class Delta(Struct, frozen=True):
    """The change that an operation makes in the state.

    `record` is the new record at its address (None: no record is set). `remove` is an address whose record is removed.
    `retire` is a replaced object that will be deleted later. `origin` says how this replaced object was made. It is
    None if the record of the object says this. `discard` is the id of a replaced object that no longer exists.
    """

    record: Record | None = None
    remove: Address | None = None
    retire: Retired | None = None
    discard: str | None = None
    origin: Origin | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the delta as JSON in the format of the journal, without empty fields."""
        body: dict[str, Any] = {}
        if self.record is not None:
            body["record"] = {"address": str(self.record.address), **self.record.to_json()}
        if self.remove is not None:
            body["remove"] = str(self.remove)
        if self.retire is not None:
            body["retire"] = self.retire.to_json()
        if self.discard is not None:
            body["discard"] = self.discard
        if self.origin is not None:
            body["origin"] = self.origin.to_json()
        return body

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Delta:
        """Returns the delta for `body`, the JSON that `to_json` wrote. Raises KeyError, TypeError, ValueError or a
        ProvisionError if `body` has another form.
        """
        check_shape(body, DELTA_SHAPE)
        record = None
        if "record" in body:
            rest = {key: value for key, value in body["record"].items() if key != "address"}
            record = Record.from_json(body["record"]["address"], rest)
        return cls(
            record=record,
            remove=Address.parse(body["remove"]) if "remove" in body else None,
            retire=Retired.from_json(body["retire"]) if "retire" in body else None,
            discard=check_text(body["discard"]) if "discard" in body else None,
            origin=Origin.from_json(body["origin"]) if "origin" in body else None,
        )


class End(Struct, frozen=True):
    """The entry for the end of an operation. `operation` is the id of the operation, and `delta` is the change of the
    state. `delta` is None if no change is recorded: the server refused the operation, or a later run closed the
    operation without finding a result of it.
    """

    operation: str
    delta: Delta | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the entry as JSON in the format of the journal."""
        return {
            "entry": "end",
            "operation": self.operation,
            "delta": None if self.delta is None else self.delta.to_json(),
        }


Entry = Opening | Begin | End | UploadEntry

OPENING_SHAPE: Shape = {
    "lineage": str,
    "serial": int,
    "account": str,
    "project": str,
    "environment": str,
    "time": NUMBER,
}
BEGIN_SHAPE: Shape = {
    "operation": str,
    "address": str,
    "verb": str,
    "type": str,
    "digest": str,
    "time": NUMBER,
    "details": dict,
}
DELTA_SHAPE: Shape = {"record": dict, "remove": str, "retire": dict, "discard": str, "origin": dict}


def parse_entry(body: Mapping[str, Any]) -> Entry:
    """Returns the journal entry for `body`, the JSON that `to_json` of an entry wrote. Raises KeyError, TypeError,
    ValueError or a ProvisionError if `body` has another form.
    """
    rest = {key: value for key, value in body.items() if key != "entry"}
    match body["entry"]:
        case "open":
            check_shape(rest, OPENING_SHAPE)
            check_number(rest["serial"], LARGEST)
            check_number(rest["time"], LATEST_TIME)
            return Opening(**rest)
        case "begin":
            return _parse_begin(rest)
        case "end":
            check_operation(rest["operation"])
            delta = rest["delta"]
            return End(rest["operation"], None if delta is None else Delta.from_json(delta))
        case about if about in UPLOAD_ENTRIES:
            return parse_upload_entry(body)
        case other:
            raise ValueError(f"no such entry: {other}")


def _parse_begin(body: Mapping[str, Any]) -> Begin:
    check_shape(body, BEGIN_SHAPE)
    address, verb, type_ = Address.parse(body["address"]), body["verb"], body["type"]
    rest = {name: value for name, value in body.items() if name not in ("verb", "details")}
    check_operation(body["operation"])
    check_number(body["time"], LATEST_TIME)
    if verb not in VERBS:
        raise ValueError(f"no such verb: {verb}")
    check_type(type_, address)
    try:
        intent = parse_intent(verb, address, type_, body.get("details", {}))
    except (KeyError, TypeError, ValueError, AttributeError, ProvisionError) as error:
        raise UnclearOperation(f"{body['operation']} is to {verb} {address}, and does not say how") from error
    return Begin(**{**rest, "address": address, "intent": intent})


def find_disagreement(entries: Iterable[Entry]) -> str | None:
    """Returns a sentence about the first contradiction in a journal, or None if there is no contradiction.

    It is a contradiction if an operation begins twice, or if the end of an operation contains a change that this
    operation cannot make.
    """
    begun: dict[str, Begin] = {}
    for entry in entries:
        if isinstance(entry, Begin):
            if entry.operation in begun:
                return f"{entry.operation} begins twice"
            begun[entry.operation] = entry
        elif isinstance(entry, End) and entry.delta is not None and entry.operation in begun:
            begin = begun[entry.operation]
            if not _can_do(begin, entry.delta):
                return f"{entry.operation} is to {begin.intent.verb} {begin.address}, and ends with something else"
    return None


def _can_do(begin: Begin, delta: Delta) -> bool:
    """Returns whether the operation that `begin` describes can have made the change `delta`."""
    record, retire = delta.record, delta.retire
    recorded = TYPES[begin.type].version_of or begin.type
    if record is not None and (record.address, record.type) != (begin.address, recorded):
        return False
    if retire is not None and (not isinstance(begin.intent, Creating) or retire.address != begin.address):
        return False
    match begin.intent:
        case Deleting():
            return record is None and delta.remove in (None, begin.address)
        case Creating():
            made = record is None or TYPES[record.type].local or record.operation == begin.operation
            if record is not None and recorded != begin.type:
                made = record.id in begin.intent.record.inputs.values()  # a version of this object
            return made and delta.remove is None and delta.discard is None
        case Adopting(planned):
            same = record is None or (record.id == planned.id and record.operation == begin.operation)
            return same and (record is None or record.adopted) and delta.remove is None and delta.discard is None
        case Updating():
            return delta.discard is None
    return delta.remove is None and delta.discard is None


def open_operations(entries: Iterable[Entry]) -> list[Begin]:
    """Returns the begin entries of the operations that are still open, in the order of the journal. An operation is
    open if it has no end entry.
    """
    begun: dict[str, Begin] = {}
    for entry in entries:
        if isinstance(entry, Begin):
            begun[entry.operation] = entry
        elif isinstance(entry, End):
            begun.pop(entry.operation, None)
    return list(begun.values())


def deltas(entries: Iterable[Entry]) -> list[Delta]:
    """Returns the changes of the state (`Delta`) that the end entries of a journal contain, in the order of the
    journal.
    """
    return [entry.delta for entry in entries if isinstance(entry, End) and entry.delta is not None]
