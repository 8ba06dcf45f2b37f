"""Decides whether this state made a live object. An apply deletes only objects that this state made.

An object is recognised by its ownership mark, which contains the owner (project and environment), the state's lineage
(the id that all versions of the state share) and the operation. The object's type decides what must match:

1. If the mark is in the metadata: the owner, and the lineage or the recorded operation.
2. If the mark is in the name: the owner, and the operation if it is recorded.
3. If the type has no mark: the recorded identifying fields (of a file: name and size), and the time when the object was
   made.

A state is a file that other people may edit. So the recorded data of an object must agree with the live object. A value
that is missing in the state does not agree with any live value. There is one exception: a state that an older version
of provision wrote (such a state has no digest) may lack the times of objects, but not in CI.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import TYPES, MarkPlace, ObjectType
from provisioner.engine.origins import Origins
from provisioner.openai_api.collections.collection import Live, Mark
from provisioner.openai_api.collections.marks import read_mark
from provisioner.planning.diff.actual import Actual, ForeignObject
from provisioner.state.member_summary import NO_MEMBERS, with_summary
from provisioner.state.record_columns import bodies_of, body_of, with_records
from provisioner.state.records import Origin, Record, State
from provisioner.state.shape import origin_fields

#: Seconds by which the times in two answers about one upload may differ.
TOLERANCE = 1


class Ownership(Struct, frozen=True):
    """The data in a state that show which objects were made with this state. `owner` is `project/environment`.
    `origins` finds the `Origin` of an object by its id, which says how the object was made.

    `marked` maps the ids of renamed objects to their former addresses: the ownership mark of such an object still
    contains the former address. If `timed` is True, the state must record the time when each object was made.
    """

    owner: str
    lineage: str
    origins: Origins
    timed: bool = True
    marked: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State, owner: str, *, in_ci: bool = False) -> Ownership:
        """Returns the `Ownership` with the information that `state` contains about its objects. `owner` is
        `project/environment`. If `in_ci` is True, the state must record when each object was made, even if an older
        version of provision wrote the state.
        """
        timed = in_ci or state.claim is not None
        marked = {each.id: each.marked for _, each in bodies_of(state.records) if each.marked is not None}
        return cls(owner, state.lineage, Origins.of(state), timed, marked)

    def judge(self, type_: str, address: Address, live: Live) -> ForeignObject | None:
        """Returns a `ForeignObject`, which contains the reason, if `live` is not the object that was made for `address`
        with this state. Returns None if `live` is that object. `type_` is the object type.
        """
        declared, origin = TYPES[type_], self.origins.find(live.id)
        if declared.mark is MarkPlace.NOWHERE:
            reason = self._find_difference(declared, origin, live)
            return ForeignObject(reason, marked=False) if reason else None
        mark = read_mark(declared, live)
        if mark is not None and (stranger := self._judge_mark(origin, address, mark, live.id)) is not None:
            return stranger
        if mark is not None and mark.owner and (mark.lineage or mark.operation):
            return None
        return self._judge_unmarked(origin, live, "it carries no mark of provision (any more)")

    def _judge_mark(self, origin: Origin, address: Address, mark: Mark, id: str) -> ForeignObject | None:
        """Returns a `ForeignObject` with the reason if the ownership mark `mark` of an object does not come from a run
        with this state. Returns None if the mark may come from such a run. `id` is the id of the object. `origin` is
        the information in the state about how the object was made.
        """
        addresses = (address, self.marked.get(id, address))
        if mark.owner and mark.owner not in [f"{self.owner}/{each}" for each in addresses]:
            return ForeignObject(f"its mark says that it is {mark.owner}")
        made_by_ours = origin.operation == mark.operation and origin.operation is not None
        if made_by_ours:
            return None
        if mark.lineage is None and origin.operation is not None:
            return ForeignObject(f"its mark says that {mark.operation} made it, and {origin.operation} is recorded")
        if (mark.lineage or (mark.operation and mark.lineage is not None)) and mark.lineage != self.lineage:
            return ForeignObject(f"its mark says that it belongs to another state (lineage {mark.lineage})")
        return None

    def _judge_unmarked(self, origin: Origin, live: Live, reason: str) -> ForeignObject:
        """Returns a `ForeignObject` for the object `live`, which should have an ownership mark and has none. The
        `ForeignObject` says why the object is not deleted, and whether the object may be changed. `reason` is the text
        for an object without a mark.

        Someone may have removed the mark. If the object was made at another time than the state records, it is another
        object. If the state does not record the time, this cannot be decided.
        """
        if self._lacks_time(origin, live):
            return ForeignObject(f"{reason}, and the time when it was made is not recorded")
        return _judge_time(origin, live) or ForeignObject(reason, marked=False)

    def _find_difference(self, declared: ObjectType, origin: Origin, live: Live) -> str | None:
        """Returns the reason if the object `live` is not the recorded object: an identifying field, or the time when it
        was made, differs from `origin` or is not recorded there. Returns None if nothing differs. This method is for
        object types without ownership marks.

        Fields that the server does not show are not compared.
        """
        name, size = live.fields.get("filename"), live.fields.get("bytes")
        if "filename" in declared.traits and origin.filename is None:
            return "nothing is recorded of its upload"
        if "filename" in declared.traits and name is not None and name != origin.filename:
            return f"it is called {name}, and {origin.filename} was uploaded"
        if "bytes" in declared.traits and size is not None:
            if origin.bytes is None and (self.timed or self.origins.is_recorded(live.id)):
                return "the size of its upload is not recorded"
            if origin.bytes is not None and size != origin.bytes:
                return f"it has {size} bytes, and {origin.bytes} were uploaded"
        if self._lacks_time(origin, live):
            return "the time of its upload is not recorded"
        late = _judge_time(origin, live)
        return None if late is None else late.reason

    def _lacks_time(self, origin: Origin, live: Live) -> bool:
        """Returns whether the state lacks the time when the object `live` was made, although the state must record the
        time and the server shows it.
        """
        return self.timed and bool(live.created_at) and not origin.created_at


def _judge_time(origin: Origin, live: Live) -> ForeignObject | None:
    if origin.created_at and live.created_at and abs(live.created_at - origin.created_at) > TOLERANCE:
        return ForeignObject("it was made at another time than the one that is recorded")
    return None


def find_strangers(state: State, actual: Actual, ownership: Ownership) -> dict[str, ForeignObject]:
    """Returns the objects in `state` that this state did not make, although it records them or wants to delete them.
    The result maps the id of each such object to a `ForeignObject`, which contains the reason. `actual` contains the
    live objects. An upload in `actual.as_recorded` was made by this state, unless the state has another origin for its
    id.

    Records of adopted objects are checked in the same way as all other records.
    """
    found = {}
    for address, live in actual.live.items():
        if ownership.origins.is_unchanged_upload(address, live, actual.as_recorded):
            continue
        body = body_of(state.records, address)
        stranger = None if body is None else ownership.judge(body.type, address, live)
        if stranger is not None:
            found[live.id] = stranger
    for entry in state.retired:
        shown = actual.retired.get(entry.id)
        stranger = None if shown is None else ownership.judge(entry.type, entry.address, shown)
        if stranger is not None:
            found[entry.id] = stranger
    return found


def echo_of(live: Live) -> dict[str, Any]:
    """Returns the fields to record for the new object `live`, as the API has returned them. If the server shows the
    time when the object was made, this time is included. For a new vector store, the result also says that the store
    has no files, so that a quick refresh can compare this with the present number of files.
    """
    echo = {**live.fields, **({"created_at": live.created_at} if live.created_at else {})}
    return echo if live.summary is None or live.summary != NO_MEMBERS else with_summary(echo, NO_MEMBERS)


def with_times(state: State, lives: Iterable[Live], strangers: Container[str]) -> State:
    """Returns a copy of `state` that contains the times when its objects were made. A state of an older version of
    provision lacks these times. They are taken from the live objects `lives`, and so are missing sizes of replaced
    objects.

    `strangers` are the ids of objects that the state did not make. Their times are not added, because these objects
    would then look like objects of this state.
    """
    seen = {live.id: live for live in lives if live.created_at and live.id not in strangers}
    updated, origins = dict[Address, Record](), dict(state.origins)
    for address, body in bodies_of(state.records):
        if body.id not in seen or (not isinstance(body, Record) and body.has_time):
            continue
        record = state.records[address]
        if "created_at" not in record.echo:
            updated[address] = replace(record, echo={**record.echo, "created_at": seen[record.id].created_at})
    for id, origin in origins.items():
        if origin.created_at is None and id in seen:
            shown = origin_fields({"bytes": seen[id].fields.get("bytes"), "created_at": seen[id].created_at})
            origins[id] = replace(origin, **{**shown, **origin.to_json()})
    return replace(with_records(state, updated), origins=origins)
