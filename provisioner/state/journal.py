"""The journal. An entry is written before every write to the API, and another one after it, with the resulting change
of the state.

The present state is the state on disk, changed by the deltas in the journal. So if a run is killed, every write whose
response was received is recorded. An operation without an end entry may or may not have been carried out.
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
from provisioner.state.operations import VERBS, Adopting, Creating, Deleting, Intent, Updating, parse_intent
from provisioner.state.pinning import LastRelease
from provisioner.state.records import Origin, Record, Retired, State, digest
from provisioner.state.shape import LARGEST, check_number, check_operation, check_text, check_type
from provisioner.state.versions import origins_of


class UnclearOperation(ValueError):
    """It is not known what an operation in the journal does, because its details are missing or invalid."""


@dataclass(frozen=True, slots=True)
class Opening:
    """The first entry of a journal: it identifies the state to which the journal belongs. `time` is in seconds since
    1970.
    """

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


@dataclass(frozen=True, slots=True)
class Begin:
    """The entry for a write that is about to be sent to the API. `intent` is what the next run needs to know if this
    run is killed.

    `digest` is the digest of what is sent; `time` is in seconds since 1970.
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


@dataclass(frozen=True, slots=True)
class Delta:
    """The change that an operation makes in the state.

    `record` replaces the record of its address. `remove` is an address whose record is removed. `retire` is a replaced
    object that is to be deleted later. `origin` says how the object in `retire` was made, if no record says this.
    `discard` is the id of a replaced object that no longer exists.
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
        """Returns the delta that `to_json` wrote. Raises KeyError, TypeError or a ProvisionError if `body` is something
        else.
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


@dataclass(frozen=True, slots=True)
class End:
    """The entry for the end of an operation. If `delta` is None, the operation was refused and changed nothing."""

    operation: str
    delta: Delta | None = None

    def to_json(self) -> dict[str, Any]:
        """Returns the entry as JSON in the format of the journal."""
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
    """Returns the journal entry that is stored in `body`, the JSON that `to_json` of an entry wrote. Raises KeyError,
    TypeError, ValueError or a ProvisionError if `body` is something else.
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
    """Returns the first contradiction in a journal as a sentence, or None if the journal has no contradiction.

    It is a contradiction if an operation begins twice, or if its end contains a change that such an operation cannot
    make.
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
    """Returns whether the operation of `begin` can have made the change `delta`."""
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
    """Returns the begin entries of the operations that are still open, in order. An operation is open if it has no end
    entry.
    """
    begun: dict[str, Begin] = {}
    for entry in entries:
        if isinstance(entry, Begin):
            begun[entry.operation] = entry
        elif isinstance(entry, End):
            begun.pop(entry.operation, None)
    return list(begun.values())


def fold(state: State, deltas: Iterable[Delta]) -> State:
    """Returns the state after the changes in `deltas`, which are made in order. The serial stays the same; the caller
    increases it.
    """
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
    """Returns the `Origin` of the object that `delta` retires, by the object's id. An origin says how an object was
    made. Empty if it is not known, or if `delta` retires no object.

    The origin comes from the delta, or from `former`, the record that the object had.
    """
    if delta.retire is None:
        return {}
    if delta.origin is not None:
        return {delta.retire.id: delta.origin}
    known = {} if former is None else origins_of(former)
    return {delta.retire.id: known[delta.retire.id]} if delta.retire.id in known else {}


def releases(record: Record) -> dict[str, LastRelease]:
    """Returns the release (number and digest) of the definition in a record, by the definition's name. Empty if the
    record is not that of a definition.
    """
    return {} if record.release is None else {record.address.name: LastRelease(record.release, digest(record.inputs))}


def deltas(entries: Iterable[Entry]) -> list[Delta]:
    """Returns the changes of the state (`Delta`) in the end entries of a journal, in order."""
    return [entry.delta for entry in entries if isinstance(entry, End) and entry.delta is not None]
