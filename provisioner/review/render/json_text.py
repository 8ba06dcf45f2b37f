"""Converts plans, results of applies, and other outputs to JSON. These formats are stable and have a
`format_version`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from provisioner.core.diagnostic import Diagnostic, in_order
from provisioner.core.text.redaction import holds_secret, redact, redact_values
from provisioner.core.text.safetext import SafeText
from provisioner.core.text.visible import escape_hidden
from provisioner.planning.plan import Action, Outcome, Plan
from provisioner.review.render.cost_json import cost_json
from provisioner.review.render.difference_json import differences_json, shared_json
from provisioner.review.view.difference import to_plain
from provisioner.review.view.planview import ChangeView, DriftView, view_plan
from provisioner.review.view.shortening import shorten_texts

FORMAT_VERSION = "1.1"
#: A command to a CI runner, as in `provisioner.core.text.safetext`. Commands with `::` are not searched, because no
#: line of JSON begins with `::`.
COMMAND = re.compile(r"#(?=#\w*\[)")


def dumps(body: Any) -> SafeText:
    """Returns the JSON text of `body`, indented by two spaces and without secrets. Invisible characters and commands to
    CI runners are escaped.
    """
    return safe_json(json.dumps(body, ensure_ascii=False, indent=2, default=to_plain))


def safe_json(text: str) -> SafeText:
    """Returns `text`, a JSON text, without secrets. Invisible characters and commands to CI runners are escaped; the
    escapes do not change the values.
    """
    if holds_secret(text):
        text = json.dumps(redact_values(json.loads(text)), ensure_ascii=False, indent=2)
    return SafeText(COMMAND.sub(r"\\u0023", escape_hidden(text)))


def plan_json(plan: Plan) -> dict[str, Any]:
    """Returns a plan as a JSON object. Unchanged resources are not listed; they are only counted in `summary`.

    `shortened` exists only if the plan is very long. It names the changes in which a text of `differences` is not
    whole; `before` and `after` always contain the whole text.
    """
    view = shorten_texts(view_plan(plan))
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
    """Returns the drift of one field as a JSON object. Its `field` is null if the live object no longer exists."""
    drift = view.drift
    return {
        "address": str(drift.address),
        "field": drift.field,
        "recorded": drift.recorded,
        "actual": drift.actual,
        "overwritten": drift.overwritten,
        "differences": differences_json(view.differences),
    }


def diagnostics_json(diagnostics: Sequence[Diagnostic]) -> list[dict[str, Any]]:
    """Returns the diagnostics as JSON objects, sorted by their places in the files. If a diagnostic has no place, its
    `file`, `line` and `column` are null.
    """
    return [_diagnostic_json(each) for each in in_order(list(diagnostics))]


def _diagnostic_json(diagnostic: Diagnostic) -> dict[str, Any]:
    """Returns a diagnostic as a JSON object. If the diagnostic has a hint, a status or a code, the object contains all
    three fields `hint`, `status` and `code`. Otherwise, the object contains none of them.
    """
    place = diagnostic.place
    body = {
        "severity": diagnostic.severity,
        "message": redact(diagnostic.text),
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "address": diagnostic.address,
    }
    return body | _next_steps(diagnostic)


def _next_steps(diagnostic: Diagnostic) -> dict[str, Any]:
    """Returns the fields `hint`, `status` and `code` of a diagnostic, or an empty mapping if the diagnostic has none of
    them.
    """
    if (diagnostic.hint, diagnostic.status, diagnostic.code) == (None, None, None):
        return {}
    hint, code = (None if each is None else redact(each) for each in (diagnostic.hint, diagnostic.code))
    return {"hint": hint, "status": diagnostic.status, "code": code}


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
            {"address": name, "message": redact(told.message), **_next_steps(told)}
            for name, told in outcome.failed.items()
        ],
        "skipped": [{"address": name, "because": redact(because)} for name, because in outcome.skipped.items()],
        "seconds": round(outcome.seconds, 3),
    }
