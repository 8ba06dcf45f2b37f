"""What is under way: an entry before every write to the API, and one after it with what that changes in the state.

A state is the last state on disk with the journal's deltas folded in, so a run that was killed loses nothing
that it had heard of. Operations without an end may or may not have been carried out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from provisioner.core.address import Address
from provisioner.core.authorship import LATEST_TIME
from provisioner.core.errors import ProvisionError
from provisioner.core.objecttype import TYPES
from provisioner.core.strictjson import NUMBER, Shape, check_shape
from provisioner.state.operations import VERBS, Creating, Deleting, Intent, Updating, parse_intent
from provisioner.state.records import Origin, Record, Release, Retired, State, digest
from provisioner.state.shape import LARGEST, check_number, check_operation, check_text, check_type


class UnclearOperation(ValueError):
    """An operation whose details do not say what it is about to do."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The first entry: which state the journal belongs to. `time` is in seconds since 1970."""

    lineage: str
    serial: int
    account: str
    project: str
    environment: str
    time: float

    def to_json(self) -> dict[str, Any]:
        """The entry as it is written."""
        return {
            "entry": "open",
            "lineage": self.lineage,
            "serial": self.serial,
            "account": self.account,
            "project": self.project,
            "environment": self.environment,
            "time": self.time,
        }


@dataclass(frozen=True, slots=True)
class Begin:
    """A write that is about to be sent. `intent` is what recovery needs to know of it.

    `digest` is of what is sent; `time` is in seconds since 1970.
    """

    operation: str
    address: Address
    type: str
    digest: str
    time: float
    intent: Intent

    def to_json(self) -> dict[str, Any]:
        """The entry as it is written."""
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


@dataclass(frozen=True, slots=True)
class Delta:
    """What an operation changes in the state.

    `record` takes its address's place; `remove` takes an address away; `retire` adds an object that waits to be
    deleted; `discard` is the id of one that no longer does. `origin` says how the retired object was made, where no
    record does.
    """

    record: Record | None = None
    remove: Address | None = None
    retire: Retired | None = None
    discard: str | None = None
    origin: Origin | None = None

    def to_json(self) -> dict[str, Any]:
        """The delta as it is written; what is empty is left out."""
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
        """The delta that `to_json` wrote. Raises KeyError, TypeError or a ProvisionError where it did not."""
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


@dataclass(frozen=True, slots=True)
class End:
    """An operation that is over. Without a delta it changed nothing: it was refused."""

    operation: str
    delta: Delta | None = None

    def to_json(self) -> dict[str, Any]:
        """The entry as it is written."""
        return {
            "entry": "end",
            "operation": self.operation,
            "delta": None if self.delta is None else self.delta.to_json(),
        }


Entry = Opening | Begin | End

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
    """The entry that `to_json` wrote. Raises KeyError, TypeError, ValueError or a ProvisionError where it did not."""
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
    """What an operation says that it cannot be about, or its end records that it cannot have done; None: nothing."""
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
    """Whether an operation can have changed this."""
    record, retire = delta.record, delta.retire
    if record is not None and (record.address, record.type) != (begin.address, begin.type):
        return False
    if retire is not None and (not isinstance(begin.intent, Creating) or retire.address != begin.address):
        return False
    match begin.intent:
        case Deleting():
            return record is None and delta.remove in (None, begin.address)
        case Creating():
            made = record is None or TYPES[record.type].local or record.operation == begin.operation
            return made and delta.remove is None and delta.discard is None
        case Updating():
            return delta.discard is None
    return delta.remove is None and delta.discard is None


def open_operations(entries: Iterable[Entry]) -> list[Begin]:
    """The operations that began and have no end, in order."""
    begun: dict[str, Begin] = {}
    for entry in entries:
        if isinstance(entry, Begin):
            begun[entry.operation] = entry
        elif isinstance(entry, End):
            begun.pop(entry.operation, None)
    return list(begun.values())


def fold(state: State, deltas: Iterable[Delta]) -> State:
    """The state with every delta in it, in order. The serial is the caller's to raise."""
    records, given = dict(state.records), dict(state.releases)
    retired, origins = {entry.id: entry for entry in state.retired}, dict(state.origins)
    for delta in deltas:
        if delta.retire is not None:
            origins |= _origin(delta, records.get(delta.retire.address))
        if delta.remove is not None:
            records.pop(delta.remove, None)
        if delta.record is not None:
            records[delta.record.address] = delta.record
            given |= releases(delta.record)
        if delta.retire is not None:
            retired[delta.retire.id] = delta.retire
        if delta.discard is not None:
            retired.pop(delta.discard, None)
            origins.pop(delta.discard, None)
    return replace(state, records=records, retired=tuple(retired.values()), releases=given, origins=origins)


def _origin(delta: Delta, former: Record | None) -> dict[str, Origin]:
    """How the object that a delta retires was made, by id: the record that it takes the place of knows."""
    if delta.retire is None:
        return {}
    if delta.origin is not None:
        return {delta.retire.id: delta.origin}
    return {delta.retire.id: Origin.of(former)} if former is not None and former.id == delta.retire.id else {}


def releases(record: Record) -> dict[str, Release]:
    """The release that a record stands for, by name; nothing where it is no definition."""
    return {} if record.release is None else {record.address.name: Release(record.release, digest(record.inputs))}


def deltas(entries: Iterable[Entry]) -> list[Delta]:
    """The deltas of the operations that are over."""
    return [entry.delta for entry in entries if isinstance(entry, End) and entry.delta is not None]
