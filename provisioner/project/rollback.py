"""Rolls assistants back to earlier releases, and ends their pins."""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.errors import Blocked, InvalidManifest, UsageError
from provisioner.engine.engine import Planned
from provisioner.engine.restoring import Rollbacks, previous_release
from provisioner.engine.snapshot import read_snapshot
from provisioner.planning.diff import Scope
from provisioner.planning.plan import Outcome
from provisioner.project.plans import plan_project
from provisioner.project.wiring import Project
from provisioner.state.release_storage import open_releases

#: An address and the number of a release: `assistant.tutor@6`.
NUMBERED = re.compile(r"(.+)@([0-9]{1,15})", re.DOTALL)


def parse_release(text: str) -> tuple[Address, int | None]:
    """Returns the address and the number in `ADDRESS@N`; the number is None if it is left out. Raises UsageError if the
    text is no address of an assistant.
    """
    found = NUMBERED.fullmatch(text)
    address = Address.parse(found[1] if found else text)
    if address.kind != ASSISTANT_KIND.name:
        raise UsageError(
            f"{address} has no releases, because only assistants have them",
            hint="write assistant.NAME, or assistant.NAME@NUMBER; `provision history` lists them",
        )
    return address, int(found[2]) if found else None


def names_release(text: str) -> bool:
    """Returns whether the text names a release or an assistant, and not an environment, whose name has neither `.` nor
    `@`.
    """
    return "." in text or "@" in text or "[" in text


def find_rollbacks(project: Project, wanted: Mapping[Address, int | None]) -> dict[Address, int | None]:
    """Returns the number of the release to which each assistant is rolled back. An assistant without a number in
    `wanted` goes back to the release before the present one. Raises UsageError, StateError.
    """
    snapshot = read_snapshot(project.backend, project.engine.identity)
    releases = open_releases(project.backend, snapshot.base, snapshot.deltas)
    return {
        address: previous_release(address, snapshot.state, releases).number if number is None else number
        for address, number in wanted.items()
    }


def plan_rollback(
    project: Project,
    rollbacks: Rollbacks,
    *,
    no_refresh: bool = False,
    accept_account: bool = False,
    accept_state: bool = False,
    under_lock: bool = False,
) -> Planned:
    """Returns the plan that restores releases of assistants and changes nothing else. `rollbacks` has the number of the
    release for each assistant; None ends the assistant's pin and applies its manifest.

    Raises UsageError, InvalidManifest, ApiError, StateError, Blocked.
    """
    return plan_project(
        project,
        project.manifest.resources,
        Scope(delete_threshold=project.settings.delete_threshold),
        refreshing=not no_refresh,
        accept_account=accept_account,
        accept_state=accept_state,
        under_lock=under_lock,
        rollbacks=rollbacks,
    )


def roll_back(
    project: Project, wanted: Mapping[Address, int | None], command: str = "rollback"
) -> tuple[Planned, Outcome]:
    """Rolls assistants back, and returns the plan and its outcome. Asks nothing. The caller must hold the lock.

    `wanted` has the number of the release for each assistant; None stands for the release before the present one.
    `command` is the command that the state's history records. A change that fails is in the outcome.

    Raises UsageError if an assistant or a release does not exist, InvalidManifest if a release cannot be restored or
    the plan has errors, Blocked if a guard blocks the plan, ApiError, and StateError.
    """
    planned = plan_rollback(project, find_rollbacks(project, wanted), under_lock=True)
    if errors := planned.plan.errors():
        raise InvalidManifest(errors)
    if blockers := planned.plan.blockers():
        raise Blocked("; ".join(each.message for each in blockers))
    outcome = project.engine.apply(planned, command) if planned.has_work else Outcome()
    return planned, outcome
