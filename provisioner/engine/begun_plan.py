"""Begins to read the state and the account before the manifests are read, so that a plan need not wait for both, one
after the other.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from functools import partial

from msgspec import Struct

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import ProvisionError
from provisioner.core.refreshmode import RefreshMode
from provisioner.engine.recorded_parts import is_as_recorded
from provisioner.engine.refresh import Refresh, is_never_known
from provisioner.engine.snapshot import Identity, Snapshot, read_checked
from provisioner.openai_api.collections import Collection
from provisioner.state.backends import Backend

#: The longest time in seconds for which a thread with an answer of the server waits for the thread that reads the
#: manifests, because only one thread of a Python process runs at a time. A thread waits several times for each answer.
#: With one millisecond, a plan of 100,000 files takes about 4 % longer. With a tenth, it takes about 8 % more CPU
#: time.
SWITCH_INTERVAL = 0.0005


class BegunPlan(Struct):
    """A plan that was begun. `found` is the state with its messages, or the error of reading it. `refresh` are the live
    objects that are being read, or None if none is being read. `switch_interval` is Python's switch interval before the
    plan was begun, in seconds.
    """

    found: tuple[Snapshot, list[Diagnostic]] | ProvisionError
    refresh: Refresh | None
    switch_interval: float

    def read_state(self) -> tuple[Snapshot, list[Diagnostic]]:
        """Returns the state that was read, and its messages. Raises the errors of `read_checked`."""
        if isinstance(self.found, ProvisionError):
            raise self.found
        return self.found

    def close(self) -> None:
        """Begins no further call, and does not wait for the calls that are being made."""
        sys.setswitchinterval(self.switch_interval)
        if self.refresh is not None:
            self.refresh.close(is_waiting=False)


def begin_plan(
    collections: Mapping[str, Collection], backend: Backend, identity: Identity, mode: RefreshMode, parallelism: int
) -> BegunPlan:
    """Reads the state, and begins to read the live objects of its records. Returns both. `mode` says how much of the
    account is read. An error in the state is not raised here, because errors in the manifests are reported first.

    No live object is read yet if there is no state, if the state belongs to another account, or if an interrupted run
    has left a journal, because the plan then decides what is read.
    """
    before = sys.getswitchinterval()
    try:
        snapshot, notes = read_checked(backend, identity)
    except ProvisionError as error:
        return BegunPlan(error, None, before)
    refresh = None
    if mode.reads and not snapshot.fresh and not snapshot.journalled and snapshot.base.account == identity.account:
        is_known = partial(is_as_recorded, ()) if mode is RefreshMode.QUICK else is_never_known
        refresh = Refresh(collections, snapshot.state, parallelism, is_known)
        refresh.begin()
        sys.setswitchinterval(SWITCH_INTERVAL)
    return BegunPlan((snapshot, notes), refresh, before)
