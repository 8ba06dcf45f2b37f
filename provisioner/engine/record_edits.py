"""Moves single records to other addresses, and removes single records. Only the state and its index of releases change;
no API call to OpenAI is made.

The caller of `read_editable` and `write_edit` must hold the lock. `read_editable` raises an error while the journal has
entries.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND, ENVIRONMENT_KIND
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import StateError, UsageError
from provisioner.engine.guards import check_project
from provisioner.engine.releasing import rename_releases
from provisioner.engine.signing import sign
from provisioner.engine.state_transfer import check_continuity, check_settled
from provisioner.planning.plan import Action, Change, Plan
from provisioner.planning.reason import ReasonCode, reason
from provisioner.state.backends import Backend
from provisioner.state.records import Record, State
from provisioner.state.renaming import rename_records


class RecordEdit(Struct, frozen=True):
    """The state before an edit, the state after it, and the edit as a plan that can be displayed."""

    before: State
    after: State
    plan: Plan


def read_editable(backend: Backend, project: str, environment: str) -> State:
    """Returns the state in `backend` for a command that edits it. Raises StateError if there is no state. Raises
    Blocked in three cases: a run was interrupted, the state is not the last written state, or the state does not belong
    to `project` and its environment `environment`.
    """
    check_settled(backend)
    state = backend.read()
    if state is None:
        raise StateError(f"there is no state in {backend.describe()} yet", hint="`provision apply` makes one")
    check_project(state, project, environment)
    check_continuity(backend, state)
    return state


def move_record(state: State, source: Address, target: Address) -> RecordEdit:
    """Returns the edit that moves the record at `source` to the address `target`. The record of an assistant's
    environment template moves together with the assistant's record.

    Raises UsageError if `source` has no record, if `target` has a record, if the kinds of the two addresses differ, or
    if `source` is an environment template.
    """
    _find(state, source)
    if source.kind != target.kind:
        raise UsageError(
            f"{source} cannot become {target}, because their kinds differ; nothing was changed",
            hint=f"write an address that begins with `{source.kind}`",
        )
    if source.kind == ENVIRONMENT_KIND.name:
        raise UsageError(
            "an environment template moves together with its assistant; nothing was changed",
            hint=f"write `{ASSISTANT_KIND.name}` instead of `{source.kind}` in both addresses",
        )
    moves = {target: source, **_template_move(state, source, target)}
    for new in moves:
        if (taken := state.records.get(new)) is not None:
            raise UsageError(
                f"{new} is recorded as {taken.id} already; nothing was changed",
                hint="an address has one object: move that record first, or remove it with `provision state rm`",
            )
    after = rename_records(state, moves)
    changes = [_moved(after.records[new], old) for new, old in moves.items()]
    return RecordEdit(state, after, Plan(tuple(changes)))


def remove_records(state: State, addresses: Iterable[Address]) -> RecordEdit:
    """Returns the edit that removes the records at `addresses`. The record of an assistant's environment template is
    removed with the assistant's record.

    Raises UsageError if an address has no record. The plan of the edit contains a warning for each removed record whose
    object other records use.
    """
    removed: dict[Address, Record] = {}
    for address in addresses:
        removed[address] = _find(state, address)
        template = replace(address, kind=ENVIRONMENT_KIND.name)
        if address.kind == ASSISTANT_KIND.name and template in state.records:
            removed[template] = state.records[template]
    left = {address: record for address, record in state.records.items() if address not in removed}
    why = reason(ReasonCode.UNRECORDED)
    changes = [
        Change(address, Action.FORGET, record.type, (why,), dict(record.inputs), id=record.id)
        for address, record in removed.items()
    ]
    warnings = tuple(_still_used(removed, left.values()))
    return RecordEdit(state, replace(state, records=left), Plan(tuple(changes), diagnostics=warnings))


def write_edit(backend: Backend, edit: RecordEdit, command: str) -> State:
    """Writes the edited state to the backend with a new serial, and returns the written state. `command` is recorded in
    the state as the command that wrote it.
    """
    latest = max(backend.history(), default=0)
    moves = {each.address: each.moved_from for each in edit.plan.changes if each.moved_from is not None}
    if moves:
        rename_releases(backend, edit.before, moves)
    written = sign(edit.after.after(edit.before, latest=latest), command)
    backend.write(written)
    return written


def _find(state: State, address: Address) -> Record:
    record = state.records.get(address)
    if record is not None:
        return record
    near = get_close_matches(str(address), list(map(str, state.records)), 1)
    hint = f"did you mean {near[0]}?" if near else "`provision state list` lists what it records"
    raise UsageError(f"the state records nothing called {address}; nothing was changed", hint=hint)


def _template_move(state: State, source: Address, target: Address) -> dict[Address, Address]:
    template = replace(source, kind=ENVIRONMENT_KIND.name)
    is_moved = source.kind == ASSISTANT_KIND.name and template in state.records
    return {replace(target, kind=ENVIRONMENT_KIND.name): template} if is_moved else {}


def _moved(record: Record, old: Address) -> Change:
    why = reason(ReasonCode.MOVED_IN_STATE, str(old))
    inputs = dict(record.inputs)
    return Change(record.address, Action.UPDATE, record.type, (why,), inputs, inputs, id=record.id, moved_from=old)


def _still_used(removed: dict[Address, Record], left: Iterable[Record]) -> Iterable[Diagnostic]:
    users: dict[str, list[str]] = {}
    for record in left:
        for need in record.needs:
            users.setdefault(need, []).append(str(record.address))
    for address in removed:
        if str(address) in users:
            message = f"{address} is still used by {', '.join(sorted(users[str(address)]))}"
            yield Diagnostic("warning", message, address=str(address))
