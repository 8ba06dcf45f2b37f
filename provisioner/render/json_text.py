"""Plans, outcomes and outputs as JSON. The shapes are promises: `format_version` says which."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from provisioner.diagnostic import Diagnostic, in_order
from provisioner.plan import Change, Drift, Outcome, Plan, Unknown

FORMAT_VERSION = "1.0"


def dumps(body: Any) -> str:
    """JSON for a terminal and for programs: two blanks of indent, letters as they are."""
    return json.dumps(to_json(body), ensure_ascii=False, indent=2)


def to_json(value: Any) -> Any:
    """The value with what is not known yet as `{"known_after_apply": "file.students.id"}`."""
    if isinstance(value, Unknown):
        return value.to_json()
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    return value


def plan_json(plan: Plan) -> dict[str, Any]:
    """A plan. No-ops are counted in the summary and not listed."""
    return {
        "format_version": FORMAT_VERSION,
        "summary": plan.summary(),
        "changes": [change_json(change) for change in plan.changes],
        "drift": [drift_json(drift) for drift in plan.drift],
        "diagnostics": diagnostics_json(plan.diagnostics),
    }


def change_json(change: Change) -> dict[str, Any]:
    """One change; `before` and `after` are all of its inputs, or null."""
    return {
        "address": str(change.address),
        "action": change.action.value,
        "reasons": list(change.reasons),
        "before": to_json(change.before),
        "after": to_json(change.after),
    }


def drift_json(drift: Drift) -> dict[str, Any]:
    """One thing that others changed; `field` is null where the object is gone."""
    return {
        "address": str(drift.address),
        "field": drift.field,
        "recorded": to_json(drift.recorded),
        "actual": to_json(drift.actual),
        "overwritten": drift.overwritten,
    }


def diagnostics_json(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Diagnostics in order of place; what has no place has nulls."""
    return [
        {
            "severity": each.severity,
            "message": each.message,
            "file": each.place.file if each.place else None,
            "line": each.place.line if each.place else None,
            "column": each.place.column if each.place else None,
            "address": each.address,
        }
        for each in in_order(list(diagnostics))
    ]


def failure_json(diagnostics: Sequence[Diagnostic]) -> dict[str, Any]:
    """A plan that could not be made, in the shape of one that could."""
    return plan_json(Plan(diagnostics=tuple(diagnostics)))


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """What an apply did."""
    return {
        "applied": [{"address": str(c.address), "action": c.action.value} for c in outcome.applied],
        "failed": [{"address": name, "message": message} for name, message in outcome.failed.items()],
        "skipped": [{"address": name, "because": because} for name, because in outcome.skipped.items()],
        "seconds": round(outcome.seconds, 3),
    }
