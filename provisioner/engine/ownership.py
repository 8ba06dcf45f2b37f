"""Whether a live object is the one that this state made: nothing else is ever deleted.

| object                        | what has to fit                                                                      |
|-------------------------------|--------------------------------------------------------------------------------------|
| vector store, agent, assistant| the owner in its metadata, and the lineage or the recorded operation                 |
| environment template          | the owner in its name, and the operation where it is recorded                        |
| file                          | name, size and the time of the upload                                                |

A state is a file that others may edit. What it says of an object is believed only as far as the object agrees, and
what the state leaves out agrees with nothing. Only a state of an older version, which has no digest, may leave out
times, and only outside of CI.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from provisioner.core.address import Address
from provisioner.openai_api.collections import MARKED
from provisioner.openai_api.collections.collection import LINEAGE_KEY, OWNER_KEY, Live
from provisioner.planning.diff.actual import Actual, Stranger
from provisioner.state.records import Origin, State
from provisioner.state.shape import origin_fields

#: Seconds by which two answers about one upload's time may differ.
TOLERANCE = 1


@dataclass(frozen=True, slots=True)
class Ownership:
    """What a state says of the objects that it made. `owner` is project/environment; `origins` are by id.

    `recorded` are the ids in records. `timed` says that each object's time has to be recorded.
    """

    owner: str
    lineage: str
    origins: Mapping[str, Origin]
    recorded: frozenset[str]
    timed: bool = True

    @classmethod
    def of(cls, state: State, owner: str, *, in_ci: bool = False) -> Ownership:
        """What this state says. In CI, no version is believed without the times of what it made."""
        found = {record.id: Origin.of(record) for record in state.records.values()}
        timed = in_ci or state.claim is not None
        return cls(owner, state.lineage, {**found, **state.origins}, frozenset(found), timed)

    def judge(self, type_: str, address: Address, live: Live) -> Stranger | None:
        """Why a live object is not the one that was made for this address, or None where it is."""
        origin = self.origins.get(live.id, Origin())
        if type_ == "file":
            return self._judge_file(origin, live)
        if type_ in MARKED:
            return self._judge_mark(origin, address, live)
        return self._judge_name(origin, address, live)

    def _judge_mark(self, origin: Origin, address: Address, live: Live) -> Stranger | None:
        owner, mark = live.metadata.get(OWNER_KEY, ""), live.metadata.get(LINEAGE_KEY, "")
        if owner and owner != f"{self.owner}/{address}":
            return Stranger(f"its mark says that it is {owner}")
        lineage, _, operation = mark.partition("/")
        if mark and lineage != self.lineage and (origin.operation is None or operation != origin.operation):
            return Stranger(f"its mark says that it belongs to another state (lineage {lineage})")
        if owner and mark:
            return None
        return self._judge_unmarked(origin, live, "it carries no mark of provision (any more)")

    def _judge_name(self, origin: Origin, address: Address, live: Live) -> Stranger | None:
        name = str(live.fields.get("name") or "")
        owner, _, operation = name.rpartition(" ")
        if owner != f"{self.owner}/{address}":
            reason = f"its name ({name}) is not the mark that provision gave it"
            return Stranger(reason) if "/" in owner else self._judge_unmarked(origin, live, reason)
        if origin.operation is not None and operation != origin.operation:
            return Stranger(f"its name says that {operation} made it, and {origin.operation} is recorded")
        return None

    def _judge_unmarked(self, origin: Origin, live: Live, reason: str) -> Stranger:
        """Why an object without our mark is not deleted, and whether it may be written to.

        Its mark may have been removed. Where it is not even as old as ours, it is another object; where nothing says
        how old ours is, nobody can tell.
        """
        if self._lacks_time(origin, live):
            return Stranger(f"{reason}, and the time when it was made is not recorded")
        return _judge_time(origin, live) or Stranger(reason, marked=False)

    def _judge_file(self, origin: Origin, live: Live) -> Stranger | None:
        reason = self._differing_upload(origin, live)
        return Stranger(reason, marked=False) if reason else None

    def _differing_upload(self, origin: Origin, live: Live) -> str | None:
        """Why a file is not the upload that is recorded. What the server does not show of it is not compared."""
        name, size = live.fields.get("filename"), live.fields.get("bytes")
        if origin.filename is None:
            return "nothing is recorded of its upload"
        if name is not None and name != origin.filename:
            return f"it is called {name}, and {origin.filename} was uploaded"
        if size is not None and origin.bytes is None and (self.timed or live.id in self.recorded):
            return "the size of its upload is not recorded"
        if size is not None and origin.bytes is not None and size != origin.bytes:
            return f"it has {size} bytes, and {origin.bytes} were uploaded"
        if self._lacks_time(origin, live):
            return "the time of its upload is not recorded"
        late = _judge_time(origin, live)
        return None if late is None else late.reason

    def _lacks_time(self, origin: Origin, live: Live) -> bool:
        """Whether the server says when the object was made, and the state has to say it, too, and does not."""
        return self.timed and bool(live.created_at) and not origin.created_at


def _judge_time(origin: Origin, live: Live) -> Stranger | None:
    if origin.created_at and live.created_at and abs(live.created_at - origin.created_at) > TOLERANCE:
        return Stranger("it was made at another time than the one that is recorded")
    return None


def find_strangers(state: State, actual: Actual, ownership: Ownership) -> dict[str, Stranger]:
    """The live objects that are recorded or retired, and that this state did not make, by id.

    A record that says of itself that it was adopted is judged as every other one.
    """
    found = {}
    for address, live in actual.live.items():
        record = state.records[address]
        stranger = ownership.judge(record.type, address, live)
        if stranger is not None:
            found[live.id] = stranger
    for entry in state.retired:
        shown = actual.retired.get(entry.id)
        stranger = None if shown is None else ownership.judge(entry.type, entry.address, shown)
        if stranger is not None:
            found[entry.id] = stranger
    return found


def echo_of(live: Live) -> dict[str, Any]:
    """What is recorded of a new object: its fields and, where the server says it, the time when it was made."""
    return {**live.fields, **({"created_at": live.created_at} if live.created_at else {})}


def with_origins(state: State) -> State:
    """The state with an origin for each retired file, as far as a state of an older version tells.

    Older versions kept nothing of it. The file's name is that of the address, or of what is recorded there now. A
    state that carries a digest is a newer version's: it is returned as it is.
    """
    if state.claim is not None:
        return state
    missing = [entry for entry in state.retired if entry.type == "file" and entry.id not in state.origins]
    found = {entry.id: Origin(filename=_called(state, entry.address)) for entry in missing}
    return replace(state, origins={**state.origins, **found}) if found else state


def _called(state: State, address: Address) -> str:
    record = state.records.get(address)
    filename = record.inputs.get("filename") if record is not None else None
    return str(filename or PurePosixPath(address.name).name)


def with_times(state: State, lives: Iterable[Live], strangers: Container[str]) -> State:
    """The state with the time when an object was made where an older version wrote it without, retired ones too.

    `strangers` are the ids of objects that the state did not make: their time would make them seem to be its own.
    """
    seen = {live.id: live for live in lives if live.created_at and live.id not in strangers}
    records, origins = dict(state.records), dict(state.origins)
    for address, record in records.items():
        if "created_at" not in record.echo and record.id in seen:
            records[address] = replace(record, echo={**record.echo, "created_at": seen[record.id].created_at})
    for id, origin in origins.items():
        if origin.created_at is None and id in seen:
            shown = origin_fields({"bytes": seen[id].fields.get("bytes"), "created_at": seen[id].created_at})
            origins[id] = replace(origin, **{**shown, **origin.to_json()})
    return replace(state, records=records, origins=origins)
