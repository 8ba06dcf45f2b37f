"""Moves records to new addresses. Corrects the ownership mark of a renamed object before the object is replaced.
Removes the mark of an object that provision no longer manages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import MarkPlace
from provisioner.engine.adoption import FORMER_NAME
from provisioner.engine.ledger import Ledger
from provisioner.engine.marking import unmarked_fields
from provisioner.engine.steps import Steps
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.plan import Change
from provisioner.state.journal import Delta
from provisioner.state.operations import Updating
from provisioner.state.records import Record
from provisioner.state.renaming import rename_records


def moves_of(changes: Iterable[Change], records: Mapping[Address, Record]) -> dict[Address, Address]:
    """Returns the renames in `changes` whose record still has the old address. The result maps new addresses to old
    addresses.
    """
    return {each.address: each.moved_from for each in changes if each.moved_from in records and each.moved_from}


def note_moves(ledger: Ledger, moves: Mapping[Address, Address]) -> None:
    """Writes the records with their new addresses to the journal. `moves` maps new addresses to old addresses. No API
    call is made, so the ownership mark of each object still contains the old address. Therefore each record also
    contains the old address.

    The moved records are written before the records that refer to them. So after a crash, no record refers to an
    unknown address.
    """
    if not moves:
        return
    before = ledger.state()
    after = rename_records(before, moves)
    moved = [after.records[address] for address in sorted(moves)]
    users = [each for address, each in sorted(after.records.items()) if address not in moves]
    for record in (*moved, *users):
        if before.records.get(record.address) != record:
            ledger.note(Delta(record=record, remove=moves.get(record.address)))


def replace_renamed(steps: Steps, change: Change) -> None:
    """Replaces an object by a new one. If the ownership mark of the old object contains a former address, corrects this
    mark first, because the old object could otherwise not be recognised when it is deleted.

    An adopted old object is not deleted, so its mark is removed at the end. Raises ApiError if an API call fails.
    """
    record = steps.ledger.records.get(change.address)
    if record is not None and record.marked is not None:
        _correct_mark(steps, record)
    steps.make(change)
    if record is not None and record.adopted:
        _unmark_replaced(steps, record)


def _correct_mark(steps: Steps, record: Record) -> None:
    collection = steps.collections[record.type]
    live = collection.retrieve(record.id)
    if live is None or steps.ownership.judge(record.type, record.address, live) is not None:
        return
    body = steps.mark_update(record, record.inputs.get("metadata") or {})

    def delta(live: Live) -> Delta:
        return Delta(record=replace(record, marked=None, echo={**record.echo, **live.fields}))

    update = partial(collection.update, record.id, body)
    steps.ledger.write(Updating(body), record.address, record.type, body, update, delta)


def _unmark_replaced(steps: Steps, record: Record) -> None:
    """Removes the ownership mark from the object of `record`, an adopted object that was replaced and stays at OpenAI.
    Does nothing if the object has no mark, or carries the mark of another owner.
    """
    collection = steps.collections[record.type]
    is_marked = collection.remote and collection.declared.mark is not MarkPlace.NOWHERE
    live = collection.retrieve(record.id) if is_marked else None
    if live is None or steps.ownership.judge(record.type, record.address, live) is not None:
        return
    body = unmarked_fields(record.address, live, collection, record.echo.get(FORMER_NAME) or "", adopted=True)
    if body:
        update = partial(collection.update, record.id, body)
        steps.ledger.write(Updating({}), record.address, record.type, body, update, lambda answer: Delta())


def forget(steps: Steps, change: Change) -> None:
    """Removes the record of an object from the state, or the entry that marks a replaced object for deletion. The
    object stays at OpenAI. If `change.fields` names the field that contains the ownership mark, the mark is removed
    from the object. Raises ApiError if an API call fails.
    """
    delta = Delta(discard=change.id) if change.retired else Delta(remove=change.address)
    collection, id = steps.collections[change.type], change.id or ""
    live = collection.retrieve(id) if change.fields and not change.retired else None
    if live is None or steps.ownership.judge(change.type, change.address, live) is not None:
        steps.ledger.note(delta)
        return
    record = steps.ledger.records.get(change.address)
    former_name = record.echo.get(FORMER_NAME) if record is not None else None
    adopted = record is not None and record.adopted
    body = unmarked_fields(change.address, live, collection, former_name or "", adopted=adopted)
    update = partial(collection.update, id, body)
    steps.ledger.write(Updating(body), change.address, change.type, body, update, lambda answer: delta)
