"""Rolls assistants back to releases, their earlier contents. Also ends pins: a pinned assistant keeps the content of a
release until its pin ends.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.errors import Blocked, InvalidManifest, UsageError
from provisioner.core.refreshmode import RefreshMode
from provisioner.engine.planned import Planned
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
    """Returns the address of an assistant and the number of its release, both from `text`. `text` has the form
    `ADDRESS` or `ADDRESS@N`; without `@N`, the number is None. Raises UsageError if the text does not contain the
    address of an assistant.
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
    """Returns whether `text` names an assistant or a release. Returns False if `text` contains none of the characters
    `.`, `@` and `[`, because it is then the name of an environment of the project.
    """
    return "." in text or "@" in text or "[" in text


def find_rollbacks(project: Project, wanted: Mapping[Address, int | None]) -> dict[Address, int | None]:
    """Returns a mapping from each assistant in `wanted` to the number of the release to restore. `wanted` contains this
    number, or None for the release before the present one, whose number is then determined. Numbers in `wanted` are not
    checked. Raises UsageError if there is no release before the present one, and StateError if the state cannot be
    read.
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
    refresh: RefreshMode = RefreshMode.FULL,
    accept_account: bool = False,
    accept_state: bool = False,
    under_lock: bool = False,
) -> Planned:
    """Returns a plan that restores releases of assistants, and changes other objects only if these assistants need
    them. `rollbacks` maps each assistant to the number of its release. If the number is None, the assistant gets the
    content of its manifest again (its pin ends).

    Raises UsageError if a release is not stored, InvalidManifest if it cannot be restored, ApiError if the live objects
    cannot be read, StateError if the state cannot be read, and Blocked if no plan may be made.
    """
    return plan_project(
        project,
        project.manifest.resources,
        Scope(delete_threshold=project.settings.delete_threshold),
        refresh=refresh,
        accept_account=accept_account,
        accept_state=accept_state,
        under_lock=under_lock,
        rollbacks=rollbacks,
    )


def roll_back(
    project: Project, wanted: Mapping[Address, int | None], command: str = "rollback"
) -> tuple[Planned, Outcome]:
    """Rolls assistants back without asking, and returns the plan and its outcome. The caller must hold the lock of the
    state.

    `wanted` maps each assistant to the number of its release; None stands for the release before the present one.
    `command` is the name of the command in the state's history. A change that fails is reported in the outcome and
    raises no error.

    Raises UsageError if an assistant or a release does not exist. Raises InvalidManifest if a release cannot be
    restored or if the plan has errors. Raises Blocked if a guard blocks the plan. Raises ApiError if an API call fails,
    and StateError if the state cannot be read or written.
    """
    planned = plan_rollback(project, find_rollbacks(project, wanted), under_lock=True)
    if errors := planned.plan.errors():
        raise InvalidManifest(errors)
    if blockers := planned.plan.blockers():
        raise Blocked("; ".join(each.message for each in blockers))
    outcome = project.engine.apply(planned, command) if planned.has_work else Outcome()
    return planned, outcome
