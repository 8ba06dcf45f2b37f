"""Decides who manages a live object: this environment of the project, another environment of the project, another
project, or nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from provisioner.core.objecttype import TYPES, MarkPlace
from provisioner.engine.snapshot import Snapshot
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live, Mark
from provisioner.openai_api.collections.marks import is_alike
from provisioner.planning.unmanaged import Standing, User
from provisioner.state.operations import Adopting, Creating
from provisioner.state.records import Record, State
from provisioner.state.shape import OPERATION
from provisioner.state.versions import ids_of


class OtherStates(Struct, frozen=True):
    """The states of the project's other environments, keyed by the name of the environment.

    `unread` contains a reason for each environment whose objects are not all known: its state could not be read, or
    does not contain all objects. The reasons are keyed by the name of the environment.
    """

    states: Mapping[str, State] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)


class ManagedObjects(Struct, frozen=True):
    """The data that say who manages which live object. `owner` is `project/environment`.

    `managed` contains the objects that this environment of the project manages: the state records them, they wait for
    their deletion, or an open operation of the journal names them. `recorded` contains the objects that other
    environments of the project record. The keys of `managed` and `recorded` are ids, and the values are addresses.
    `creating` maps each type to the records of open operations that create an object whose id is not known.
    `operations` are the ids of all open operations.
    """

    owner: str
    state: State
    managed: Mapping[str, str]
    recorded: Mapping[str, str]
    creating: Mapping[str, Sequence[Record]]
    operations: frozenset[str]
    others: Mapping[str, State]

    @classmethod
    def of(cls, snapshot: Snapshot, owner: str, others: OtherStates) -> ManagedObjects:
        """Collects the data that say who manages which live object. They come from the state and the journal of this
        environment of the project (`snapshot`), and from the states of the project's other environments (`others`).
        """
        state = snapshot.state
        managed = _addresses(state)
        creating: dict[str, list[Record]] = {}
        for begin in snapshot.operations:
            if isinstance(begin.intent, Adopting):
                managed[begin.intent.record.id] = str(begin.address)
            elif isinstance(begin.intent, Creating):
                creating.setdefault(begin.type, []).append(begin.intent.record)
        project = owner.partition("/")[0]
        recorded = {
            id: f"{project}/{name}/{address}"
            for name, other in others.states.items()
            for id, address in _addresses(other).items()
        }
        operations = frozenset(begin.operation for begin in snapshot.operations)
        return cls(owner, state, managed, recorded, creating, operations, others.states)

    def judge(self, collection: Collection, live: Live) -> tuple[Standing, str]:
        """Returns a pair for the object `live`: who manages it, and a text about it.

        If a state records the object, the text is the object's address. Otherwise the text names the owner in the
        object's ownership mark, or the interrupted run that creates the object. If nobody manages the object, the text
        is its display name.
        """
        if (address := self.managed.get(live.id)) is not None:
            return Standing.MANAGED, address
        if (address := self.recorded.get(live.id)) is not None:
            return Standing.OTHERS, address
        mark = _mark_of(collection, live)
        if self._is_being_created(collection, live, mark):
            return Standing.MANAGED, f"an interrupted run of {self.owner}"
        if mark is not None and (owner := self._other_owner(mark)) is not None:
            return Standing.OTHERS, owner
        return Standing.NOBODY, str(live.fields.get("name") or live.fields.get("filename") or "")

    def recorded_users(self) -> Iterator[tuple[User, Any]]:
        """Yields a pair (user, values) for every object in the states, because each of them may use other objects. The
        user is the object. The values are its fields, in which the ids of the used objects occur. Assistants without an
        object at OpenAI, and replaced objects that wait for their deletion, are included.
        """
        yield from _users_in(self.state, "", Standing.MANAGED)
        project = self.owner.partition("/")[0]
        for name, state in self.others.items():
            yield from _users_in(state, f"{project}/{name}/", Standing.OTHERS)

    def _is_being_created(self, collection: Collection, live: Live, mark: Mark | None) -> bool:
        """Returns whether an open operation of the journal may have made the object `live`. `mark` is the ownership
        mark of the object, or None. An object whose type carries no mark is compared by its identifying fields.
        """
        if mark is not None:
            return mark.operation in self.operations
        declared = collection.declared
        intended = self.creating.get(declared.name, ()) if declared.mark is MarkPlace.NOWHERE else ()
        return any(is_alike(declared, record.inputs, live) for record in intended)

    def _other_owner(self, mark: Mark) -> str | None:
        """Returns the owner that the ownership mark `mark` names, if it is another project, another environment of the
        project, or another state. Returns None if the mark names this environment of the project and its present state.

        The lineage in the mark is the id of a state, and so shows whether the mark names another state.
        """
        if not mark.owner.startswith(f"{self.owner}/"):
            return mark.owner or "another project"
        if mark.lineage and mark.lineage != self.state.lineage:
            return f"{mark.owner} of another state (lineage {mark.lineage})"
        return None


def _mark_of(collection: Collection, live: Live) -> Mark | None:
    """Returns the ownership mark of the object `live`, or None if it has no mark. A mark in the name of an object
    contains `/`. A name with `/` that people chose is not a mark.
    """
    mark = collection.mark_of(live)
    named = mark is not None and collection.declared.mark is MarkPlace.NAME
    return None if mark is not None and named and not OPERATION.fullmatch(mark.operation) else mark


def _addresses(state: State) -> dict[str, str]:
    """Returns the addresses of the objects in `state`, keyed by the id of the object. Objects that wait for their
    deletion are included.
    """
    found = {entry.id: f"{entry.address} (replaced)" for entry in state.retired}
    return found | {id: str(record.address) for record in state.records.values() for id in ids_of(record)}


def _users_in(state: State, prefix: str, standing: Standing) -> Iterator[tuple[User, Any]]:
    for record in state.records.values():
        id = "" if TYPES[record.type].local else record.id
        yield User(record.type, id, f"{prefix}{record.address}", standing), record.inputs
    for entry in state.retired:
        id = "" if TYPES[entry.type].local else entry.id
        yield User(entry.type, id, f"{prefix}{entry.address} (replaced)", standing), entry.uses
