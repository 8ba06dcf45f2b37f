"""Applies the changes in a journal (the deltas) to a state, so that the result is the present state."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from provisioner.state.journal import Delta
from provisioner.state.pinning import LastRelease
from provisioner.state.record_columns import copy_records
from provisioner.state.records import Origin, Record, State, digest
from provisioner.state.versions import origins_of


class Folding:
    """A state to which deltas are applied, one after the other.

    `records` are the present records by address. `retired` are the replaced objects that will be deleted later, by id.
    `releases` are the last releases of all definitions, by name.
    """

    def __init__(self, base: State) -> None:
        self._base = base
        self.records = copy_records(base.records)
        self.retired = {entry.id: entry for entry in base.retired}
        self.releases = dict(base.releases)
        self._origins = dict(base.origins)

    def take(self, delta: Delta) -> None:
        """Applies one delta."""
        if delta.retire is not None:
            self._origins |= _origin(delta, self.records.get(delta.retire.address))
        if delta.remove is not None and delta.remove in self.records:
            del self.records[delta.remove]
        if delta.record is not None:
            self.records[delta.record.address] = delta.record
            self.releases |= _released(delta.record)
        if delta.retire is not None:
            self.retired[delta.retire.id] = delta.retire
        if delta.discard is not None:
            self.retired.pop(delta.discard, None)
            self._origins.pop(delta.discard, None)

    def state(self) -> State:
        """Returns the present state. Its serial is that of the state to which the deltas were applied; the caller must
        increase it.
        """
        return replace(
            self._base,
            records=copy_records(self.records),
            retired=tuple(self.retired.values()),
            releases=dict(self.releases),
            origins=dict(self._origins),
        )


def fold(state: State, deltas: Iterable[Delta]) -> State:
    """Returns `state` after the changes in `deltas` were made, from the first to the last. The serial stays the same;
    the caller must increase it.
    """
    folding = Folding(state)
    for delta in deltas:
        folding.take(delta)
    return folding.state()


def _origin(delta: Delta, former: Record | None) -> dict[str, Origin]:
    """Returns the `Origin` of the object that `delta` retires (replaces and will delete later), keyed by the object's
    id. An origin says how an object was made. The result is empty if the origin is not known, or if `delta` retires no
    object.

    The origin is in `delta`, or comes from `former`, the former record of the object.
    """
    if delta.retire is None:
        return {}
    if delta.origin is not None:
        return {delta.retire.id: delta.origin}
    known = {} if former is None else origins_of(former)
    return {delta.retire.id: known[delta.retire.id]} if delta.retire.id in known else {}


def _released(record: Record) -> dict[str, LastRelease]:
    """Returns the last release (number and digest) of the definition in `record`, keyed by the definition's name. A
    definition contains the stored arguments of an assistant. The result is empty for any other record.
    """
    return {} if record.release is None else {record.address.name: LastRelease(record.release, digest(record.inputs))}
