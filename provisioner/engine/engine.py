"""Controls a run: reads the state, refreshes, plans, applies, and writes the new state."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from threading import Event

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.addresschanges import NO_CHANGES, AddressChanges
from provisioner.core.defaults import GRACE, INDEX_TIMEOUT, KEEP_RELEASES, PARALLELISM
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import Blocked
from provisioner.core.objecttype import FILE, TYPES
from provisioner.core.refreshmode import RefreshMode
from provisioner.core.resource import Resource
from provisioner.engine.adoption import find_wanted, read_imports
from provisioner.engine.applying import apply_changes
from provisioner.engine.begun_plan import BegunPlan
from provisioner.engine.continuity import release_anew
from provisioner.engine.guards import check_account, check_found, find_marked, refuse_marked
from provisioner.engine.ledger import Ledger
from provisioner.engine.ownership import Ownership, find_strangers, with_times
from provisioner.engine.planned import Planned
from provisioner.engine.quick_refresh import describe_unread, plan_completely, record_summaries
from provisioner.engine.rebuild import Rebuilt, rebuild
from provisioner.engine.reconciliation import reconcile
from provisioner.engine.recorded_parts import is_as_recorded
from provisioner.engine.recovery import Recovery, recover
from provisioner.engine.refresh import is_never_known
from provisioner.engine.refresh import refresh as read_live
from provisioner.engine.releasing import ReleaseKeeper, hold_former, note_pins, provenance, retire_times
from provisioner.engine.renaming import moves_of, note_moves
from provisioner.engine.restoring import NO_ROLLBACKS, Rollbacks, exists_live, restore
from provisioner.engine.signing import count, sign
from provisioner.engine.snapshot import Identity, Snapshot, read_checked, read_snapshot
from provisioner.engine.steps import Steps
from provisioner.engine.unfinished_uploads import cancel_unwanted, upload_notes
from provisioner.engine.upload_check import check_uploads
from provisioner.openai_api.collections import Collection
from provisioner.planning.diff import Actual, Scope, make_plan
from provisioner.planning.diff.moves import find_declared_moves
from provisioner.planning.diff.planner import EVERYTHING
from provisioner.planning.event import Emit
from provisioner.planning.plan import Action, Outcome
from provisioner.state.backends import Backend
from provisioner.state.folding import fold
from provisioner.state.journal import Delta, Opening, deltas
from provisioner.state.operations import Settling
from provisioner.state.partial_uploads import entries_of
from provisioner.state.record_columns import copy_records
from provisioner.state.records import State
from provisioner.state.release_storage import gaps_text, open_releases, set_unreadable_aside
from provisioner.state.releases.release import Provenance
from provisioner.state.renaming import rename_records

#: The actions that delete an object, at once or later.
DELETING = (Action.REPLACE, Action.DELETE, Action.FORGET)


class Engine(Struct, frozen=True):
    """Makes plans and applies them, for one state. `emit` receives every event. `index_timeout` is in seconds. If
    `stop` is set, an apply ends early.

    `grace` is the time in seconds in which a request of a killed run may still arrive. `parallelism` is the number of
    parallel API calls. `workers` is the number of parallel steps (None: the same as `parallelism`). `workers` is larger
    for a remote journal, because each step waits for the journal before and after its call. If `in_ci` is True, the run
    is in CI. There, a state must record when each object was made, even if an older version of provision wrote the
    state. `keep_releases` is the number of the newest releases of each assistant that are kept; the present and the
    pinned release are kept too. `find_commit` returns the id of the present git commit, or an empty text.
    """

    collections: Mapping[str, Collection]
    backend: Backend
    identity: Identity
    emit: Emit = lambda event: None
    parallelism: int = PARALLELISM
    index_timeout: float = INDEX_TIMEOUT
    grace: float = GRACE
    stop: Event = field(default_factory=Event)
    workers: int | None = None
    in_ci: bool = False
    keep_releases: int = KEEP_RELEASES
    find_commit: Callable[[], str] = lambda: ""

    @contextmanager
    def locked(self, command: str) -> Iterator[None]:
        """Holds the lock of the state while the `with` block runs. Raises Locked if another process holds it."""
        with self.backend.lock(command):
            yield

    def plan(
        self,
        resources: Sequence[Resource],
        scope: Scope = EVERYTHING,
        *,
        changes: AddressChanges = NO_CHANGES,
        refresh: RefreshMode = RefreshMode.FULL,
        accept_account: bool = False,
        accept_state: bool = False,
        under_lock: bool = False,
        rollbacks: Rollbacks = NO_ROLLBACKS,
        begun: BegunPlan | None = None,
    ) -> Planned:
        """Returns the plan that makes the account match the manifests. Nothing is changed. Raises ApiError if an API
        call fails, StateError if the state cannot be read, and Blocked if the state may not be used.

        `scope` limits the plan to a part of the resources. `changes` are the renames and removals in the manifests.
        `refresh` says how much of the account is read. If `accept_account` is True, the user has accepted an account
        that is not the account in the state. If `accept_state` is True, the user has accepted that the state is not the
        last written state; a quick refresh then reads as much as a full refresh. If `under_lock` is False, the journal
        may belong to another process that is still running. If `rollbacks` is not empty, the plan only restores
        releases of assistants. `begun` is what `begin_plan` returned for this state and this account. It can be used
        once, and not together with `accept_account`, `accept_state`, `under_lock` or `rollbacks`.
        """
        read = partial(read_checked, self.backend, self.identity, accepted=accept_state, under_lock=under_lock)
        snapshot, history_notes = read() if begun is None else begun.read_state()
        types = {resource.type for resource in resources if self.collections[resource.type].remote}
        others = self.collections if scope.early else ()
        if snapshot.fresh and (marked := find_marked(self.collections, types, self.identity.owner, others)):
            # Another process may be running, or may just have ended. Then there is a state, or there will be one.
            writer = None if under_lock else self.backend.holder()
            snapshot, history_notes = read()
            if snapshot.fresh and writer is None:
                raise refuse_marked(marked, self.identity.owner)
        check_account(snapshot.state, self.identity.account, accepted=accept_account)
        recovery = self._recover(snapshot, under_lock=under_lock)
        state = fold(snapshot.state, deltas(recovery.ends))
        moved, _ = find_declared_moves({resource.address: resource for resource in resources}, state, changes)
        releases = open_releases(self.backend, snapshot.base, snapshot.deltas)
        exists = partial(exists_live, self.collections, refreshing=refresh.reads)
        restored = restore(resources, state, moved, releases, rollbacks, exists)
        resources, scope = restored.resources, restored.limit(scope)
        within = scope.within(resources)
        actual = Actual(refreshed=False)
        if refresh.reads:
            due = [entry for entry in state.retired if scope.early or entry.is_due(time.time())]
            probed = {each.type for each in resources if TYPES[each.type].probed and not TYPES[each.type].local}
            wanted = find_wanted(within, rename_records(state, moved))
            quick = refresh is RefreshMode.QUICK and not snapshot.accepted
            is_known = partial(is_as_recorded, recovery.unsettled) if quick else is_never_known
            reading = begun.refresh if begun is not None else None
            actual = read_live(self.collections, state, probed, self.parallelism, due, wanted, is_known, reading)
            actual = replace(actual, strangers=find_strangers(state, actual, self._ownership(state)))
            check_found(state, actual, self.collections, leaving=recovery.leaving, accepted=accept_account)
            state = reconcile(state, actual.live, recovery.unsettled)
        renamed = rename_records(state, moved)
        found, refused = read_imports(
            self.collections,
            [each for each in within if each.imported is not None],
            renamed,
            self.identity.owner,
            declared=resources,
            listed=actual.listed,
            pending=recovery.made,
            refreshing=refresh.reads,
        )
        actual = replace(actual, imports=found)
        now = time.time()
        held = {} if scope.early else releases.index.held(now)
        make = partial(make_plan, resources, state, scope=scope, changes=changes, held=held, now=now)
        plan, actual, unsure = plan_completely(self.collections, within, renamed, actual, moved, self.parallelism, make)
        refused += unsure
        if refresh.reads:
            refused += check_uploads(self.collections[FILE.name], within, actual, self.parallelism)
        told = (*history_notes, *recovery.diagnostics, *restored.diagnostics, *refused, *describe_unread(actual))
        if gaps := gaps_text(releases.gaps):
            told = (Diagnostic("info", gaps), *told)
        plan = replace(plan, diagnostics=(*told, *plan.diagnostics))
        return Planned(plan, tuple(resources), snapshot, recovery, actual, releases, restored, early=scope.early)

    def apply(self, planned: Planned, command: str = "apply") -> Outcome:
        """Carries out the plan `planned` and returns the outcome. The caller must have held the lock since before the
        plan was made. Raises StateError if the journal, the releases or the state cannot be written.

        `command` is recorded in the state's history.
        """
        made = provenance(planned.plan, command, self.find_commit)
        ledger, keeper = self._open_ledger(planned, made)
        if any(change.action in DELETING for change in planned.plan.changes):
            ledger.index_users()
        moves = moves_of(planned.plan.changes, ledger.records)
        keeper.moves = moves
        note_moves(ledger, moves)
        hold_former(ledger, keeper, planned.plan.changes)
        note_pins(ledger, planned.resources, planned.plan.changes)
        for record in planned.plan.settled:
            if record.address in ledger.records:
                ledger.note(Delta(record=record))
        steps = Steps(
            collections=self.collections,
            resources={resource.address: resource for resource in planned.resources},
            actual=planned.actual.renamed(moves),
            ledger=ledger,
            emit=self.emit,
            owner=self.identity.owner,
            index_timeout=self.index_timeout,
            stop=self.stop,
            now=time.time(),
            ownership=self._ownership(ledger.state()),
            seen=planned.actual.seen(),
            former=copy_records(ledger.records),
            keeper=keeper,
        )
        workers = self.workers or self.parallelism
        outcome: Outcome | None = None
        try:
            cancel_unwanted(steps, planned.plan.changes)
            outcome = apply_changes(planned.plan, steps, workers=workers, emit=self.emit, stop=self.stop)
            return outcome
        finally:
            self._close(ledger, keeper, planned, command, outcome)

    def rebuild(self, resources: Sequence[Resource]) -> Rebuilt:
        """Writes a new state, which is made from the ownership marks on live objects. The caller must hold the lock.
        Raises Blocked if there is a state already.
        """
        snapshot = read_snapshot(self.backend, self.identity)
        if not snapshot.fresh:
            raise Blocked(
                f"there is a state, or a journal that holds one: {self.backend.describe()}",
                hint="to rebuild it all the same, move both away first",
            )
        rebuilt = rebuild(self.collections, resources, snapshot.base)
        if (aside := set_unreadable_aside(self.backend)) is not None:
            rebuilt.unplaced.append(
                f"the index of releases cannot be opened; it is kept as {aside}, and a new one begins"
            )
        state = replace(rebuilt.state, serial=max(self.backend.history(), default=0) + 1)
        self.backend.write(sign(state, "state rebuild"))
        return rebuilt

    def _ownership(self, state: State) -> Ownership:
        """Returns an `Ownership`, which decides for each live object whether it was made by this state: by a run that
        recorded the object in `state`.
        """
        return Ownership.of(state, self.identity.owner, in_ci=self.in_ci)

    def _recover(self, snapshot: Snapshot, *, under_lock: bool) -> Recovery:
        """Returns what is known about the open operations in the journal. If another process holds the lock, nothing is
        searched, because that process may still be carrying out these operations.
        """
        writer = None if under_lock else self.backend.holder()
        if writer is not None:
            running = f"this is a preview, because another process is running: {writer} holds the lock"
            message = f"{running}; plan again when it is done"
            return Recovery(diagnostics=[Diagnostic("warning", message)])
        sent = [begin.time for begin in snapshot.operations if not isinstance(begin.intent, Settling)]
        if under_lock and sent:
            # Clocks differ, and a journal may be edited. So the wait is never longer than the grace.
            self.stop.wait(min(self.grace, max(0.0, max(sent) + self.grace - time.time())))
        recovery = recover(snapshot.operations, snapshot.state, self.collections)
        notes = (*snapshot.journal_notes(), *upload_notes(snapshot.uploads))
        recovery.diagnostics[:0] = [Diagnostic("info", note) for note in notes]
        return recovery

    def _open_ledger(self, planned: Planned, made: Provenance) -> tuple[Ledger, ReleaseKeeper]:
        """Returns two objects for this run: the ledger, which writes the journal, and the `ReleaseKeeper`, which stores
        the releases of assistants. The ledger continues the journal of an interrupted run. It contains the results of
        that run as far as they are known. `made` says who makes the releases of this run, and when.
        """
        snapshot = planned.snapshot
        opening = self._opening(snapshot.base)
        if snapshot.swallowed:
            # Under the old first entry, entries that are added now would also look as if the state contained them.
            self.backend.replace_journal([opening, *snapshot.operations, *entries_of(snapshot.uploads)])
        journal = self.backend.open_journal(opening)
        ledger = Ledger(
            snapshot.base, journal, snapshot.deltas, snapshot.operations, self.parallelism, snapshot.uploads
        )
        for end in planned.recovery.ends:
            ledger.close(end)
        kept = {} if planned.early else retire_times(planned.resources)
        keeper = ReleaseKeeper.begin(
            planned.releases, self.keep_releases, made, snapshot.base, ledger.state(), planned.restored, kept
        )
        ledger.releases = keeper.last_numbers(ledger.releases)
        ledger.held = {} if planned.early else keeper.releases.index.held(time.time())
        settled = reconcile(ledger.state(), planned.actual.live, planned.recovery.unsettled)
        for address in sorted(planned.recovery.unsettled.keys() & settled.records.keys()):
            ledger.note(Delta(record=settled.records[address]))
        return ledger, keeper

    def _close(
        self, ledger: Ledger, keeper: ReleaseKeeper, planned: Planned, command: str, outcome: Outcome | None
    ) -> None:
        """Writes the releases and the state if the state has changed, is new, or was accepted by the user. Then removes
        the entries of the journal, except those of operations and uploads that are still open. `outcome` is None if an
        error ended the run early.
        """
        snapshot = planned.snapshot
        counts = {"interrupted": 1} if outcome is None else count(outcome)
        state = replace(ledger.state(), account=self.identity.account)
        if snapshot.fresh or snapshot.accepted or not state.same_content(snapshot.base):
            actual = planned.actual
            lives = [*actual.live.values(), *actual.retired.values()]
            state = record_summaries(state, actual, planned.plan.changes)
            state = release_anew(with_times(state, lives, actual.strangers))
            state = sign(state.after(snapshot.base, latest=snapshot.latest), command, counts)
            keeper.finish(state, planned.plan, outcome)
            self.backend.write(state)
        ledger.journal.close()
        if remaining := ledger.remaining():
            self.backend.replace_journal([self._opening(state), *remaining])
        else:
            self.backend.clear_journal()
        keeper.sweep()

    def _opening(self, state: State) -> Opening:
        ours = self.identity
        return Opening(state.lineage, state.serial, ours.account, ours.project, ours.environment, time.time())
