"""Makes a change of one object: creates, updates or deletes the object, and records the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from threading import Event
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import ENVIRONMENT_TEMPLATE
from provisioner.core.resource import Resource
from provisioner.engine.creation import create_once
from provisioner.engine.ledger import Ledger
from provisioner.engine.marking import mark_fields
from provisioner.engine.ownership import Ownership, echo_of
from provisioner.engine.releasing import ReleaseKeeper
from provisioner.engine.undeleted import Kept, NotOurs, StillUsed
from provisioner.engine.versions import draft_version, makes_version, with_version
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Draft, Live, Mark, field_of
from provisioner.planning.diff import Actual
from provisioner.planning.diff.actual import ForeignObject
from provisioner.planning.diff.values import recordable, resolve
from provisioner.planning.event import Emit
from provisioner.planning.plan import MARK_PREFIX, Action, Change
from provisioner.state.journal import Delta, End
from provisioner.state.operations import Creating, Deleting, Updating
from provisioner.state.records import Record, Retired, digest


class Steps(Struct, frozen=True):
    """Makes the changes of one apply, one object at a time. `owner` is `project/environment`; `now` is in seconds since
    1970.

    `ownership` decides which objects this state made. `seen` are the ids of the objects that the refresh has read.
    `former` are the records before the first step. `keeper` stores the releases of assistants.
    """

    collections: Mapping[str, Collection]
    resources: Mapping[Any, Resource]
    actual: Actual
    ledger: Ledger
    emit: Emit
    owner: str
    index_timeout: float
    stop: Event
    now: float
    ownership: Ownership
    seen: frozenset[str]
    former: Mapping[Address, Record]
    keeper: ReleaseKeeper

    def make(self, change: Change) -> None:
        """Creates the object of `change`. If the object replaces another object that this state made, marks that object
        for a later deletion. Raises ApiError if an API call fails.
        """
        resource, collection = self.resources[change.address], self.collections[change.type]
        inputs = self.inputs(resource)
        blank = self.blank_record(change, resource, inputs)
        former = self.ledger.records.get(change.address)
        retire = self._successor(change)
        creating = Creating(blank, retire, former.id if former else None)

        def draft(operation: str) -> Draft:
            mark = Mark(f"{self.owner}/{change.address}", self.ledger.base.lineage, operation)
            body = without_members(inputs, collection)
            return Draft(body, mark, resource.path, resource.files, self.ledger.uploads, self.stop.is_set)

        begin, live = create_once(self.ledger, collection, change, creating, draft, self.stop)
        record = replace(blank, id=live.id, echo=echo_of(live), operation=begin.operation)
        self.ledger.close(End(begin.operation, Delta(record=self._released(record), retire=retire)))

    def change(self, change: Change) -> None:
        """Updates the object of `change`: sends the fields that differ from the manifest. If content that is kept in
        versions differs, uploads a new version instead. If there is nothing to send, only the record changes. Raises
        ApiError if an API call fails, and NotOurs if the object must not be changed.
        """
        resource, collection = self.resources[change.address], self.collections[change.type]
        record = self.ledger.records[change.address]
        inputs = self.inputs(resource)
        blank = self.blank_record(change, resource, inputs, record)
        if makes_version(change):
            self._make_version(change, resource, record, blank)
            return
        body = self._update_body(change, inputs, record, collection)
        if record.marked is not None:
            body |= self.mark_update(record, inputs.get("metadata") or {})
        if not collection.remote or not body:
            self.ledger.note(Delta(record=self._released(blank)))
            return
        self.check_ours(record)

        def delta(live: Live) -> Delta:
            ours = {name for name, field in collection.fields.items() if field.mode == "pointer"}
            own = {name: record.echo[name] for name in ours & record.echo.keys()}
            return Delta(record=replace(blank, echo={**record.echo, **live.fields, **own}))

        update = partial(collection.update, record.id, body)
        updating = Updating(self._sent(body, blank, record, collection))
        self.ledger.write(updating, change.address, change.type, body, update, delta)

    def mark_update(self, record: Record, metadata: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the fields of an update that writes the address of `record` into the ownership mark of its object.
        `metadata` are the metadata keys in the manifest, which the update also contains.
        """
        merged = self._merged(record.address, record, "metadata", metadata)
        return mark_fields(record, self.owner, self.collections[record.type], merged)

    def _make_version(self, change: Change, resource: Resource, record: Record, blank: Record) -> None:
        """Uploads a new version of an object, and marks the version in `record` for a later deletion. `blank` is the
        record that will be written afterwards. Raises ApiError if an API call fails.
        """
        self.check_ours(record)
        creating, body = draft_version(record, blank, self.now, resource.lifecycle.retire_after)
        collection = self.collections[creating.record.type]

        def draft(operation: str) -> Draft:
            mark = Mark(f"{self.owner}/{change.address}", self.ledger.base.lineage, operation)
            return Draft(body, mark, resource.path, resource.files)

        making = replace(change, type=creating.record.type)
        begin, live = create_once(self.ledger, collection, making, creating, draft, self.stop)
        delta = Delta(record=with_version(blank, creating.record, live), retire=creating.retire)
        self.ledger.close(End(begin.operation, delta))

    def delete(self, change: Change, id: str, *, retired: bool) -> None:
        """Deletes the object with the id `id`. `retired` is True if the object was replaced before. Raises ApiError if
        an API call fails, StillUsed if a recorded object uses it, Kept if it must be kept for a time and is deleted
        later, and NotOurs if this state did not make it.
        """
        users = [address for address in self.ledger.users(id) if retired or address != change.address]
        if users:
            raise StillUsed(f"still used by {', '.join(map(str, users))}")
        users_kept, until = self.ledger.kept_users(id, self.now), self.ledger.held_until(id)
        if not retired and (users_kept or until > self.now):
            self._keep(change, id, users_kept, until)
        entry = self.ledger.retired.get(id)
        type_ = entry.type if entry else change.type
        collection = self.collections[type_]
        delta = Delta(discard=id) if retired else Delta(remove=change.address)
        if not self._is_there(type_, change.address, id):
            self.ledger.note(delta)
            return

        self.ledger.write(
            Deleting(), change.address, change.type, id, partial(collection.delete, id), lambda answer: delta
        )

    def _keep(self, change: Change, id: str, users: Sequence[Retired], held_until: float) -> None:
        """Marks an object for a later deletion instead of deleting it. The replaced objects `users` use it and are kept
        for a time, or a release names it until `held_until`, in seconds since 1970. Always raises Kept.
        """
        record = self.ledger.records[change.address]
        until = max(held_until, *(each.since + each.retire_after for each in users), self.now)
        uses = self.ledger.used_by(record)
        retire = Retired(change.address, record.type, id, self.now, until - self.now, uses)
        self.ledger.note(Delta(remove=change.address, retire=retire))
        named = [f"the replaced {each.id}" for each in users]
        named += [f"the release {self.ledger.held[id].name}"] if id in self.ledger.held else []
        raise Kept(f"{id} is kept as long as {', '.join(named)}, which uses it")

    def _is_there(self, type_: str, address: Address, id: str) -> bool:
        """Returns whether the object exists. Retrieves the object if the refresh did not read it. Raises ApiError if an
        API call fails, and NotOurs if this state did not make the object.
        """
        if not self.collections[type_].remote:
            return True
        found, stranger = self._judge(type_, address, id)
        if stranger is not None:
            raise NotOurs(
                f"{id} is not deleted, because {stranger.reason}",
                hint="run `provision plan`: it forgets what this state did not make",
            )
        return found

    def check_ours(self, record: Record) -> None:
        """Raises NotOurs if the object of `record` must not be changed, because it belongs to another project,
        environment or state. An object without its ownership mark may be changed if the state records the time when it
        was made, and the time agrees. May retrieve the object from the API.
        """
        _, stranger = self._judge(record.type, record.address, record.id)
        if stranger is not None and stranger.marked:
            raise NotOurs(
                f"nothing is written to {record.id}, because {stranger.reason}",
                hint="run `provision plan`: it says what to do about what this state did not make",
            )

    def _judge(self, type_: str, address: Address, id: str) -> tuple[bool, ForeignObject | None]:
        """Returns a pair: whether the object exists, and the reason if this state did not make it (otherwise None)."""
        stranger = self.actual.strangers.get(id)
        if stranger is not None or id in self.seen:
            return True, stranger
        live = self.collections[type_].retrieve(id)
        return (False, None) if live is None else (True, self.ownership.judge(type_, address, live))

    def inputs(self, resource: Resource) -> dict[str, Any]:
        """Returns the inputs of `resource`, the fields to send, in which ids replace the references to other objects.
        These objects must be recorded already. For an environment template, also stores the values that the API never
        returns.
        """
        inputs: dict[str, Any] = resolve(resource.inputs, self.ledger.ids())
        if resource.type == ENVIRONMENT_TEMPLATE.name:
            self.keeper.save_hidden(inputs, self.collections[resource.type].fields)
        return inputs

    def blank_record(
        self, change: Change, resource: Resource, inputs: Mapping[str, Any], record: Record | None = None
    ) -> Record:
        """Returns the record of an object as far as it is known before the API's response. `inputs` are the inputs to
        send, and `record` is the present record, or None for a new object. The files of a vector store are as in the
        present record; a later step records the new files.
        """
        collection = self.collections[change.type]
        recorded = recordable(without_members(inputs, collection), collection.fields)
        members = member_fields(collection) & inputs.keys()
        for name in members:
            recorded[name] = record.inputs.get(name, {}) if record else {}
        return Record(
            address=change.address,
            type=change.type,
            id=record.id if record else "",
            inputs=recorded,
            echo=record.echo if record else {},
            needs=tuple(sorted(map(str, resource.needs))),
            sources=dict(resource.sources),
            protect=resource.lifecycle.protect,
            adopted=record.adopted if record else False,
            operation=record.operation if record else None,
            unfilled=record.unfilled if record else any(inputs[name] for name in members),
            pinned=resource.pin,
        )

    def _released(self, record: Record) -> Record:
        """Returns a copy of `record` with a release number, if it is the record of a definition (an assistant for the
        Responses API). A new content gets a new number; otherwise the last number is used. Any other record is returned
        unchanged.
        """
        if self.collections[record.type].remote:
            return record
        last = self.ledger.releases.get(record.address.name)
        content = digest(record.inputs)
        number = 1 if last is None else last.number + (last.digest != content)
        return replace(record, id=f"{record.address.name}@{number}", release=number, operation=None)

    def _update_body(
        self, change: Change, inputs: Mapping[str, Any], record: Record, collection: Collection
    ) -> dict[str, Any]:
        """Returns the fields to send for an update: the values in the manifest. A field that the manifest no longer
        sets gets the value that resets it. The metadata also contains the keys that other programs or people set.
        """
        body: dict[str, Any] = {}
        for name in change.fields:
            field = field_of(collection.fields, name)
            if field.mode in ("members", "local"):
                continue
            body[name] = inputs.get(name, field.reset)
            if field.mode == "pointer":
                body[name] = record.echo[name]
            if field.mode == "keys":
                body[name] = self._merged(change.address, record, name, inputs.get(name) or {})
        return body

    def _merged(self, address: Address, record: Record, name: str, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the metadata to send: the keys that others set, the ownership mark, and the keys in the manifest
        (`wanted`). Keys that only the previous manifest set are left out. `name` is the name of the metadata field.
        """
        live = self.actual.live.get(address)
        there = (live.fields if live else record.echo).get(name) or {}
        removed = set(record.inputs.get(name) or {}) - set(wanted)
        kept = {key: value for key, value in there.items() if key not in removed}
        echo = record.echo.get(name) or {}
        marks = {key: value for key, value in echo.items() if key.startswith(MARK_PREFIX) and key not in removed}
        return {**kept, **marks, **wanted}

    def _sent(self, body: Mapping[str, Any], blank: Record, record: Record, collection: Collection) -> dict[str, Any]:
        """Returns the fields in `body`, the body of an update, mapped to the values that will be recorded. None means
        that the field is reset. Metadata keys that the update removes are included.
        """
        sent = {name: blank.inputs.get(name) for name in body}
        for name in body:
            if field_of(collection.fields, name).mode == "keys":
                sent[name] = {**(record.inputs.get(name) or {}), **(sent[name] or {})}
        return sent

    def _successor(self, change: Change) -> Retired | None:
        """Returns the entry of the state that marks an object for a later deletion: the object that `change` replaces.
        Returns None if `change` is not a replace, or if the replaced object is not at OpenAI or must stay.
        """
        old = self.ledger.records.get(change.address)
        if change.action is not Action.REPLACE or old is None or not self.collections[old.type].remote:
            return None
        if old.type in self.actual.gone or old.adopted or old.id in self.actual.strangers:
            return None
        retire_after = self.resources[change.address].lifecycle.retire_after
        uses = self.ledger.used_by(old) if retire_after else ()
        return Retired(change.address, old.type, old.id, self.now, retire_after, uses)


def without_members(inputs: Mapping[str, Any], collection: Collection) -> dict[str, Any]:
    """Returns the fields in `inputs` that a create or update request sends: all except the files of vector stores."""
    members = member_fields(collection)
    return {name: value for name, value in inputs.items() if name not in members}


def member_fields(collection: Collection) -> frozenset[str]:
    """Returns the names of those fields of the collection's type that contain the files of vector stores."""
    return frozenset(name for name, field in collection.fields.items() if field.mode == "members")
