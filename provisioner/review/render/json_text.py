"""Converts plans, results of applies, and other outputs to JSON. These formats are stable and have a
`format_version`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.text.redaction import redact
from provisioner.planning.plan import Action, Outcome, Plan
from provisioner.review.render.cost_json import cost_json
from provisioner.review.render.difference_json import differences_json, shared_json
from provisioner.review.render.safe_json import diagnostics_json, dumps, next_steps, safe_json
from provisioner.review.view.planview import ChangeView, DriftView
from provisioner.review.view.shortening import view_shortened

FORMAT_VERSION = "1.2"

__all__ = [
    "FORMAT_VERSION",
    "change_json",
    "diagnostics_json",
    "drift_json",
    "dumps",
    "failure_json",
    "outcome_json",
    "plan_json",
    "safe_json",
]


def plan_json(plan: Plan) -> dict[str, Any]:
    """Returns a plan as a JSON object. Unchanged resources are not listed; they are only counted in `summary`.

    `shortened` exists only if the plan is very long. It contains the addresses of the changes with a shortened text in
    `differences`; `before` and `after` always contain the whole text.
    """
    view = view_shortened(plan)
    return {
        "format_version": FORMAT_VERSION,
        "summary": plan.summary(),
        **({"shortened": list(view.shortened)} if view.shortened else {}),
        "changes": [change_json(each) for each in view.changes],
        "shared": [shared_json(each) for each in view.shared],
        "drift": [drift_json(each) for each in view.drift],
        "diagnostics": diagnostics_json(plan.diagnostics),
        "cost": None if plan.cost is None else cost_json(plan.cost),
    }


def change_json(view: ChangeView) -> dict[str, Any]:
    """Returns a change as a JSON object. `before` and `after` contain all fields of the object before and after the
    change; they are null if there is no object at that time. `differences` is empty if `before` or `after` is null.

    `moved_from` exists only for a renamed resource, and contains its former address. `unchanged` exists only for an
    adoption, and contains the paths of the fields and files that match the manifest and stay as they are.
    """
    change = view.change
    shown = view.differences if view.compares else ()
    return {
        "address": str(change.address),
        "action": change.action.value,
        **({} if change.moved_from is None else {"moved_from": str(change.moved_from)}),
        "reasons": list(map(str, change.reasons)),
        "before": change.before,
        "after": change.after,
        "differences": differences_json(shown),
        **({"unchanged": list(view.unchanged)} if change.action is Action.ADOPT else {}),
    }


def drift_json(view: DriftView) -> dict[str, Any]:
    """Returns a change that was made outside of provision as a JSON object. In the object, `field` names the changed
    field; it is null if the live object no longer exists.
    """
    drift = view.drift
    return {
        "address": str(drift.address),
        "field": drift.field,
        "recorded": drift.recorded,
        "actual": drift.actual,
        "overwritten": drift.overwritten,
        "differences": differences_json(view.differences),
    }


def failure_json(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """Returns errors in the JSON format of a plan without changes. The errors in `diagnostics` are the reasons why no
    plan could be made.
    """
    return plan_json(Plan(diagnostics=tuple(diagnostics)))


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """Returns the result of an apply as a JSON object: the applied, failed and skipped changes, and the duration in
    seconds.
    """
    return {
        "applied": [{"address": str(c.address), "action": c.action.value} for c in outcome.applied],
        "failed": [
            {"address": name, "message": redact(told.message), **next_steps(told)}
            for name, told in outcome.failed.items()
        ],
        "skipped": [{"address": name, "because": redact(because)} for name, because in outcome.skipped.items()],
        "seconds": round(outcome.seconds, 3),
    }
