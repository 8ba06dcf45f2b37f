"""Finds the live objects that the chosen environment of the project does not manage, and computes the price of their
storage.
"""

from __future__ import annotations

import time

from msgspec.structs import replace

from provisioner.core.errors import ProvisionError
from provisioner.core.estimate import Storage
from provisioner.engine.guards import check_account
from provisioner.engine.managed_objects import OtherStates
from provisioner.engine.snapshot import Snapshot, read_checked
from provisioner.engine.survey import survey
from provisioner.planning.unmanaged import Survey
from provisioner.project.command_options import Choice
from provisioner.project.settings import open_settings
from provisioner.project.wiring import Project
from provisioner.review.cost import read_prices
from provisioner.state.records import State


def read_others(project: Project, choice: Choice) -> OtherStates:
    """Returns the states of the project's other environments. Objects such as files carry no ownership mark, so only
    these states show which of them belong to another environment.

    A state also counts as unreadable if it is not the state that was written last, or if git tracks its journal. If a
    run in an environment has not ended, the result contains its state and also a reason why not all its objects are
    known.
    """
    states: dict[str, State] = {}
    unread: dict[str, str] = {}
    for name in project.settings.environments:
        if name == project.settings.environment:
            continue
        try:
            with open_settings(replace(choice, environment=name)) as opened:
                snapshot, _ = read_checked(opened.backend, opened.identity)
        except ProvisionError as error:
            unread[name] = error.message
            continue
        if not snapshot.fresh or snapshot.deltas:
            states[name] = snapshot.state
        if snapshot.operations:
            unread[name] = (
                "a run goes on there, or was interrupted, and may have made objects that are not recorded yet"
            )
    return OtherStates(states, unread)


def survey_project(project: Project, choice: Choice, *, under_lock: bool = False) -> tuple[Survey, Snapshot]:
    """Returns the live objects that the chosen environment of the project does not manage, and its state with the
    journal. `under_lock` says whether the caller holds the lock of the state.

    Raises ApiError if the live objects cannot be read, and StateError if the state cannot be read. Raises Blocked if
    the state is not the last written state, or if it belongs to another account.
    """
    engine = project.engine
    snapshot, _ = read_checked(project.backend, engine.identity, under_lock=under_lock)
    check_account(snapshot.state, engine.identity.account, accepted=False)
    found = survey(
        engine.collections,
        snapshot,
        engine.identity.owner,
        read_others(project, choice),
        parallelism=engine.parallelism,
        now=time.time(),
    )
    return found, snapshot


def price_storage(found: Survey, project: Project) -> Storage | None:
    """Returns the price of storing the vector stores of the account, with and without the unmanaged vector stores.
    Returns None if the account has no unmanaged vector stores. For empty vector stores, the price is 0 USD.

    In the result, "before" is the size and the price of all vector stores in the account. "after" is the size and the
    price without the unmanaged vector stores.
    """
    if not found.has_unmanaged_stores:
        return None
    prices = read_prices(project.settings.prices)
    before, after = found.bytes_of_stores, found.bytes_of_stores - found.bytes_unmanaged
    cost = prices.per_month(before), prices.per_month(after)
    return Storage(before, after, *cost, usd_per_gb_day=prices.per_gb_day(), free_gb=prices.free_gb())
