"""Converts the differences between two environments of the project to JSON. The format is stable and has a
`format_version`.
"""

from __future__ import annotations

from typing import Any

from provisioner.planning.plan import Action
from provisioner.review.render.difference_json import differences_json, shared_json
from provisioner.review.render.json_text import diagnostics_json
from provisioner.review.view.environments import ComparisonView, Side
from provisioner.review.view.planview import ChangeView

FORMAT_VERSION = "1.0"
#: What each resource of the output is, by the action of its change.
STATUS = {
    Action.DELETE: "only_in_from",
    Action.CREATE: "only_in_to",
    Action.UPDATE: "different",
    Action.REPLACE: "different",
}


def comparison_json(view: ComparisonView) -> dict[str, Any]:
    """Returns the comparison of two environments of the project as a JSON object. Resources that are equal in both are
    counted in `summary` and are not listed. In `differences`, `before` is the value in the first environment (`from`),
    and `after` the value in the second environment (`to`).
    """
    views = sorted((*view.only_first, *view.only_second, *view.different), key=lambda each: each.change.address)
    return {
        "format_version": FORMAT_VERSION,
        "from": _side(view.first),
        "to": _side(view.second),
        "differ": view.differs,
        "summary": {
            "only_in_from": len(view.only_first),
            "only_in_to": len(view.only_second),
            "different": len(view.different),
            "equal": view.equal,
        },
        "resources": [_resource(each) for each in views],
        "shared": [shared_json(each) for each in view.shared],
        "not_compared": list(map(str, view.apart)),
        "diagnostics": diagnostics_json(view.diagnostics),
    }


def _side(side: Side) -> dict[str, Any]:
    if side.release is not None:
        return {"address": side.environment.rpartition("@")[0], "release": side.release}
    return {"environment": side.environment, "serial": side.serial}


def _resource(view: ChangeView) -> dict[str, Any]:
    change = view.change
    return {
        "address": str(change.address),
        "status": STATUS[change.action],
        "from": change.before,
        "to": change.after,
        "differences": differences_json(view.differences if view.compares else ()),
    }
