"""Reads the state on disk with its journal, and checks whether the state may be used."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import Blocked
from provisioner.core.text.safetext import lines
from provisioner.engine.continuity import examine, list_differences
from provisioner.engine.guards import check_journal, check_project
from provisioner.engine.missing_origins import with_origins
from provisioner.state.backends import Backend
from provisioner.state.journal import Begin, Delta, Entry, deltas, open_operations
from provisioner.state.partial_uploads import PartialUpload, partial_uploads
from provisioner.state.records import State


class Identity(Struct, frozen=True):
    """The project, the environment of the project, and the account to which a state and its objects belong."""

    project: str
    environment: str
    account: str

    @property
    def owner(self) -> str:
        """The owner in the form in which ownership marks contain it: `project/environment`."""
        return f"{self.project}/{self.environment}"


class Snapshot(Struct, frozen=True):
    """The state on disk (`base`), together with the deltas (changes of the state) and the open operations in the
    journal of an earlier run. `fresh` means that there is neither a state nor a journal. `uploads` are the uploads in
    parts that the earlier run has not completed.

    `journalled` means that there is a journal. `swallowed` means that the state already contains the journal's deltas,
    because the run was killed after it wrote the state and before it removed the journal. `latest` is the highest
    serial number in the history. `accepted` means that the state is not the last written state, and that the user has
    accepted the state.
    """

    base: State
    fresh: bool
    deltas: tuple[Delta, ...]
    operations: tuple[Begin, ...]
    journalled: bool = False
    swallowed: bool = False
    latest: int = 0
    accepted: bool = False
    uploads: tuple[PartialUpload, ...] = ()

    @property
    def state(self) -> State:
        """The state on disk, with the changes in the journal (its deltas) applied."""
        if not self.deltas:
            return self.base
        # Imported here, because most runs find no journal.
        from provisioner.state.folding import fold

        return fold(self.base, self.deltas)

    @property
    def recorded(self) -> State | None:
        """The state on disk, with the changes in the journal applied. None if there is neither a state nor a
        journal.
        """
        return None if self.fresh and not self.deltas else self.state

    def journal_notes(self) -> list[str]:
        """Returns a list with one message if the journal of an interrupted run contains changes of the state. The
        message describes these changes. Otherwise the list is empty.
        """
        if not self.deltas:
            return []
        changed = list_differences(self.base, self.state)
        return [lines("the journal of an interrupted run adds to the state:", *changed)] if changed else []


def read_snapshot(backend: Backend, identity: Identity) -> Snapshot:
    """Returns the present state with its journal. The state is not compared with its history. Raises StateError if the
    state or the journal cannot be read.
    """
    entries = backend.read_journal()
    return _combine(backend.read(), entries, identity)


def read_checked(
    backend: Backend,
    identity: Identity,
    *,
    accepted: bool = False,
    under_lock: bool = False,
    project: bool = True,
) -> tuple[Snapshot, list[Diagnostic]]:
    """Returns the present state with its journal, and messages about the history. Raises StateError if the state or the
    journal cannot be read. Raises Blocked if the state is not the last written state and `accepted` is False.

    If `project` is True, the state must belong to the project in `identity`; otherwise Blocked is raised. If
    `under_lock` is False, another process may be writing the state, so the state is read once more before an error is
    raised.
    """
    while True:
        entries = backend.read_journal()
        state = backend.read()
        snapshot = _combine(state, entries, identity)
        if project:
            check_project(snapshot.base, identity.project, identity.environment)
        found = examine(backend, state, entries)
        snapshot = replace(snapshot, latest=found.latest)
        if not found.trouble:
            return snapshot, [Diagnostic("info", found.note)] if found.note else []
        if accepted:
            return replace(snapshot, accepted=True), [Diagnostic("warning", found.trouble)]
        if under_lock or backend.read() == state:
            raise Blocked(found.trouble, hint=found.hint)


def read_state(backend: Backend, identity: Identity) -> State | None:
    """Returns the present state with the changes in the journal applied. Returns None if there is neither a state nor a
    journal. Raises StateError if the state or the journal cannot be read.
    """
    return read_snapshot(backend, identity).recorded


def read_checked_state(backend: Backend, identity: Identity) -> tuple[State | None, list[str]]:
    """Returns a pair. The first value is the present state with the changes in the journal applied, or None if there is
    neither a state nor a journal. The second value contains messages about the history and the journal. This function
    is for commands that use the recorded objects and change nothing.

    Raises StateError if the state or the journal cannot be read, and Blocked if the state is not the last written
    state.
    """
    snapshot, history_notes = read_checked(backend, identity, project=False)
    notes = [*(each.message for each in history_notes), *snapshot.journal_notes()]
    return snapshot.recorded, notes


def _combine(base: State | None, entries: list[Entry], identity: Identity) -> Snapshot:
    opening = check_journal(entries, base)
    fresh = base is None and opening is None
    if base is None:
        base = State.new(account=identity.account, project=identity.project, environment=identity.environment)
        if opening is not None:
            base = replace(base, lineage=opening.lineage)
    base = with_origins(base)
    swallowed = opening is not None and opening.serial < base.serial
    found = () if swallowed else tuple(deltas(entries))
    operations, uploads = tuple(open_operations(entries)), tuple(partial_uploads(entries).values())
    return Snapshot(base, fresh, found, operations, bool(entries), swallowed, uploads=uploads)
