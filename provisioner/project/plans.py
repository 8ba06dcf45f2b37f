"""Makes the plan of an opened project. The plan contains the diagnostics of the manifests and the estimated costs."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.objecttype import DEFINITION
from provisioner.core.refreshmode import RefreshMode
from provisioner.core.resource import Resource
from provisioner.engine.begun_plan import BegunPlan
from provisioner.engine.planned import Planned
from provisioner.engine.restoring import NO_ROLLBACKS, Rollbacks
from provisioner.planning.diff import Scope
from provisioner.planning.diff.deletions import explain_deletions
from provisioner.planning.plan import Action, Plan
from provisioner.project.costs import with_costs
from provisioner.project.definitions import check_definitions
from provisioner.project.wiring import Project


def plan_project(
    project: Project,
    resources: Sequence[Resource],
    scope: Scope,
    *,
    refresh: RefreshMode = RefreshMode.FULL,
    accept_account: bool = False,
    accept_state: bool = False,
    destroying: bool = False,
    under_lock: bool = False,
    rollbacks: Rollbacks = NO_ROLLBACKS,
    begun: BegunPlan | None = None,
) -> Planned:
    """Returns the plan for `resources`, with the diagnostics of the manifests and the estimated costs. `destroying` is
    True for `provision destroy`. If `rollbacks` is not empty, the plan only restores the releases (stored contents of
    assistants) in `rollbacks`. `begun` is the plan that was begun when the project was opened, or None.

    Raises ApiError if the live objects cannot be read, StateError if the state cannot be read, and Blocked if no plan
    may be made.
    """
    address_changes = project.manifest.address_changes
    planned = project.engine.plan(
        resources,
        scope,
        changes=address_changes.without_moves() if destroying else address_changes,
        refresh=refresh,
        accept_account=accept_account,
        accept_state=accept_state,
        under_lock=under_lock,
        rollbacks=rollbacks,
        begun=begun,
    )
    told = _manifest_diagnostics(project, asking=refresh.reads and not destroying)
    told += check_definitions(planned.resources, _written(planned.plan))
    unread = {} if destroying else project.manifest.unread
    changes = explain_deletions(planned.plan.changes, unread)
    plan = replace(planned.plan, changes=changes, diagnostics=(*told, *planned.plan.diagnostics))
    return with_costs(replace(planned, plan=plan), project.settings)


def _manifest_diagnostics(project: Project, *, asking: bool) -> tuple[Diagnostic, ...]:
    """Returns the diagnostics of the manifests. If `asking` is True, the API may be called to find out whether the
    models in the manifests exist.
    """
    if asking:
        return project.models.diagnostics(project.manifest)
    return project.manifest.diagnostics


def _written(plan: Plan) -> list[Address]:
    """Returns the addresses of the definitions (assistants for the Responses API) that the plan creates or changes.
    Definitions that the plan deletes, or whose records it removes, are not included.
    """
    kept_away = (Action.DELETE, Action.FORGET)
    return [each.address for each in plan.changes if each.type == DEFINITION.name and each.action not in kept_away]
