"""Offers functions with which a Python program plans and applies a project without the command line.

The functions print nothing and ask no questions. They raise the errors of `provisioner.core.errors`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.defaults import GRACE, INDEX_TIMEOUT, LOCK_TIMEOUT, PARALLELISM
from provisioner.core.errors import Blocked, InvalidManifest, UsageError
from provisioner.core.refreshmode import RefreshMode
from provisioner.planning.diff import Scope
from provisioner.planning.event import Event
from provisioner.planning.plan import Outcome, Plan
from provisioner.project.command_options import Choice
from provisioner.project.guards import check_confirmed, find_overwriting
from provisioner.project.plans import plan_project
from provisioner.project.wiring import Project, open_project


class Applied(Struct, frozen=True):
    """The result of `apply`: the plan that was made, and the outcome of its changes."""

    plan: Plan
    outcome: Outcome


def plan(
    directory: str | Path = ".",
    env: str | None = None,
    *,
    only: Sequence[str] = (),
    refresh: RefreshMode | str | bool = RefreshMode.FULL,
    allow_mass_delete: bool = False,
    accept_account: bool = False,
    accept_state: bool = False,
    emulator: bool = False,
    parallelism: int = PARALLELISM,
) -> Plan:
    """Returns the plan: the changes that `apply` would make, with the reasons. Nothing is changed.

    The manifests are looked for in `directory` and in the folders above. `env` is the environment of the project. If
    `only` has addresses, the plan is limited to these resources and the resources that they need. A plan that may not
    be applied is returned too; `Plan.errors()` and `Plan.blockers()` say why. `refresh` is `full`, `quick` or `none`;
    True means `full`, and False means `none`.

    Raises ProvisionError: InvalidManifest for errors in manifests, ApiError, StateError, UsageError, and Blocked if no
    plan may be made.
    """
    choice = Choice(Path(directory), env, emulator, parallelism=parallelism)
    with open_project(choice) as project:
        return plan_project(
            project,
            project.manifest.resources,
            _scope(project, only, allow_mass_delete=allow_mass_delete),
            refresh=read_mode(refresh),
            accept_account=accept_account,
            accept_state=accept_state,
        ).plan


def apply(
    directory: str | Path = ".",
    env: str | None = None,
    *,
    only: Sequence[str] = (),
    refresh: RefreshMode | str | bool = RefreshMode.FULL,
    confirm: str | None = None,
    overwrite_drift: bool = False,
    allow_mass_delete: bool = False,
    accept_account: bool = False,
    accept_state: bool = False,
    emulator: bool = False,
    parallelism: int = PARALLELISM,
    index_timeout: float = INDEX_TIMEOUT,
    grace: float = GRACE,
    lock_timeout: float = LOCK_TIMEOUT,
    approve: Callable[[Plan], bool] | None = None,
    on_event: Callable[[Event], None] = lambda event: None,
) -> Applied:
    """Makes the account match the manifests, and returns the plan with its outcome.

    The options are those of `provision apply`; times are in seconds. `confirm` is the name of a protected environment
    of the project. If there are changes, `approve` is called with the plan before anything is written; if it returns
    False, Blocked is raised. `on_event` is called with the events of `provisioner.planning.event`, from several
    threads. If a change fails, no error is raised, and the change is in `Outcome.failed`; only an exception that is a
    bug in provision is raised.

    Raises the errors of `plan`, and Locked if another run has the lock. Raises Blocked or InvalidManifest also if the
    plan may not be applied.
    """
    choice = Choice(
        Path(directory),
        env,
        emulator,
        parallelism=parallelism,
        index_timeout=index_timeout,
        grace=grace,
        lock_timeout=lock_timeout,
    )
    with _locked_project(choice, on_event) as project:
        planned = plan_project(
            project,
            project.manifest.resources,
            _scope(project, only, allow_mass_delete=allow_mass_delete),
            refresh=read_mode(refresh),
            accept_account=accept_account,
            accept_state=accept_state,
            under_lock=True,
        )
        if planned.plan.changes or planned.plan.exit_code():
            _check(project, planned.plan, confirm, approve, overwrite_drift=overwrite_drift)
        if not planned.has_work:
            return Applied(planned.plan, Outcome())
        outcome = project.engine.apply(planned)
        if outcome.bug is not None:
            raise outcome.bug
        return Applied(planned.plan, outcome)


@contextmanager
def _locked_project(choice: Choice, on_event: Callable[[Event], None]) -> Iterator[Project]:
    with open_project(choice, emit=on_event) as project, project.engine.locked("apply"):
        yield project


def read_mode(refresh: RefreshMode | str | bool) -> RefreshMode:
    """Returns the refresh mode, which says how much of the account is read: `refresh` itself, `full` for True, or
    `none` for False. Raises UsageError for any other value.
    """
    if isinstance(refresh, bool):
        return RefreshMode.FULL if refresh else RefreshMode.NONE
    try:
        return RefreshMode(refresh)
    except ValueError as error:
        names = ", ".join(mode.value for mode in RefreshMode)
        raise UsageError(f"there is no refresh `{refresh}`", hint=f"use one of: {names}") from error


def _scope(project: Project, only: Sequence[str], *, allow_mass_delete: bool) -> Scope:
    """Returns the limits of the plan. `only` are the addresses to which the plan is limited. If `allow_mass_delete` is
    True, the number of deletions is not limited. Raises UsageError if a text in `only` is not the address of a declared
    resource.
    """
    addresses = [Address.parse(text) for text in only]
    known = {resource.address for resource in project.manifest.resources}
    for address in addresses:
        if address not in known:
            raise UsageError(f"nothing is called {address}", hint="name a resource that the manifests declare")
    return Scope(addresses, delete_threshold=None if allow_mass_delete else project.settings.delete_threshold)


def _check(
    project: Project, plan: Plan, confirm: str | None, approve: Callable[[Plan], bool] | None, *, overwrite_drift: bool
) -> None:
    """Checks that the plan may be applied. Raises InvalidManifest if the plan has errors. Raises Blocked if a
    diagnostic blocks the plan, if the environment of the project is protected and `confirm` is not its name, or if
    `approve` returns False. Raises Blocked also if the plan would overwrite changes by others (drift) and
    `overwrite_drift` is False.
    """
    if errors := plan.errors():
        raise InvalidManifest(errors)
    if blockers := plan.blockers():
        raise Blocked("; ".join(each.message for each in blockers))
    check_confirmed(project.settings, confirm)
    if not overwrite_drift and (drifted := find_overwriting(plan)) is not None:
        raise drifted
    if approve is not None and not approve(plan):
        raise Blocked("not approved; nothing was changed")
