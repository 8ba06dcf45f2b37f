"""Writes and reads plan files, which people can review before the plan is applied. The content of a file is checked
strictly when the file is read.

The changes that `provision show FILE` displays are exactly the changes that may be applied. Nothing in the file is
secret: manifests contain no credentials, and values that the API never returns are replaced by a digest.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any

from msgspec import Struct, field, to_builtins
from msgspec.structs import replace

from provisioner.core import strictjson
from provisioner.core.address import Address
from provisioner.core.authorship import LATEST_TIME
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import Blocked, ProvisionError, StateError
from provisioner.core.objecttype import TYPES
from provisioner.core.strictjson import NUMBER, Shape, check_shape
from provisioner.core.text.redaction import redact
from provisioner.planning.plan import Action, Change, Plan, Unknown, UnknownText
from provisioner.planning.planbody import (
    OPTIONAL_TEXT,
    change_body,
    check_count,
    check_exactly,
    diagnostic_body,
    drift_body,
    parse_address,
    parse_change,
    parse_cost,
    parse_diagnostic,
    parse_drift,
    parse_texts,
)
from provisioner.state.records import digest

#: The format that is written and read. Format 1 had a separate list of the changes that may be applied, and this list
#: could differ from the displayed changes.
FORMAT = 2
#: The actions that create an object. The id of this object is known only after the action.
MAKING = (Action.CREATE, Action.REPLACE)

PLAN_SHAPE: Shape = {
    "format": int,
    "created": NUMBER,
    "project": str,
    "environment": str,
    "account": str,
    "lineage": OPTIONAL_TEXT,
    "tree": str,
    "only": list,
    "mass_delete": bool,
    "changes": list,
    "drift": list,
    "diagnostics": list,
    "unchanged": int,
    "cost": (dict, NoneType),
    "needs": dict,
}


class Reviewed(Struct, frozen=True):
    """A plan that was read from a plan file, or will be written to one.

    `created` is the time in seconds since 1970. `lineage` is the id that all versions of a state share; it is None if
    there was no state yet. `only` are the addresses that were selected with the option `--only`. `tree` is a digest of
    the resources that the plan was made from. `mass_delete` is true if the plan was made with `--allow-mass-delete`.

    `rollbacks` is empty except for a plan of `provision rollback`. It maps the address of an assistant to the number of
    the release to restore. The number is None if the assistant no longer keeps a release and gets the content of its
    manifest again.
    """

    created: float
    project: str
    environment: str
    account: str
    lineage: str | None
    only: tuple[str, ...]
    plan: Plan
    tree: str = ""
    mass_delete: bool = False
    rollbacks: Mapping[str, int | None] = field(default_factory=dict)

    def shown(self) -> Plan:
        """Returns the plan to display. If the plan was made with `--only`, with `--allow-mass-delete` or by `provision
        rollback`, diagnostics that say so are added.
        """
        notes = []
        if self.mass_delete:
            message = "made with --allow-mass-delete: it may delete more of a kind than `delete_threshold` allows"
            notes.append(Diagnostic("warning", message))
        if self.only:
            notes.append(Diagnostic("info", f"made with --only {', '.join(self.only)}: nothing else is looked at"))
        if self.rollbacks:
            message = f"made with `provision rollback`: {'; '.join(self._rollback_texts())}; nothing else is looked at"
            notes.append(Diagnostic("info", message))
        return replace(self.plan, diagnostics=(*notes, *self.plan.diagnostics))

    def _rollback_texts(self) -> Iterator[str]:
        for address, number in sorted(self.rollbacks.items()):
            yield f"the pin of {address} ends" if number is None else f"{address} gets release {number}"


def dump(reviewed: Reviewed) -> str:
    """Returns the content of the plan file for `reviewed`: a JSON object with a digest of all its other fields."""
    body = {
        "format": FORMAT,
        "created": reviewed.created,
        "project": reviewed.project,
        "environment": reviewed.environment,
        "account": reviewed.account,
        "lineage": reviewed.lineage,
        "tree": reviewed.tree,
        "only": list(reviewed.only),
        "mass_delete": reviewed.mass_delete,
        "changes": [change_body(change) for change in reviewed.plan.changes],
        "drift": [drift_body(drift) for drift in reviewed.plan.drift],
        "diagnostics": [diagnostic_body(diagnostic) for diagnostic in reviewed.plan.diagnostics],
        "unchanged": reviewed.plan.unchanged,
        "cost": None if reviewed.plan.cost is None else to_builtins(reviewed.plan.cost),
        "needs": {str(address): list(map(str, needs)) for address, needs in reviewed.plan.needs.items()},
        **({"rollbacks": dict(reviewed.rollbacks)} if reviewed.rollbacks else {}),
    }
    return json.dumps({**body, "digest": digest(body)}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def parse(text: str, name: str) -> Reviewed:
    """Returns the plan in `text`, which is the content of a plan file. `name` is the name of the file in errors.

    Raises StateError if the content is not a plan in the present format. Raises Blocked if the digest shows that
    somebody edited the file.
    """
    try:
        body = strictjson.loads(text)
        claimed = body.pop("digest")
        version = body["format"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(name, error) from error
    if type(version) is not int or version != FORMAT:
        raise StateError(
            f"{name} has format {redact(str(version))[:40]}; this version of provision reads format {FORMAT}",
            hint="make the plan anew with the same version: provision plan --out FILE",
        )
    if claimed != digest(body):
        raise Blocked(
            f"{name} is not as provision wrote it: its digest does not fit; nothing was changed",
            hint="make the plan anew: provision plan --out FILE",
        )
    try:
        return _parse_body(body)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, ProvisionError) as error:
        raise _unreadable(name, error) from error


def _parse_body(body: Mapping[str, Any]) -> Reviewed:
    check_exactly({name: value for name, value in body.items() if name != "rollbacks"}, PLAN_SHAPE)
    plan = Plan(
        changes=tuple(parse_change(item) for item in body["changes"]),
        drift=tuple(parse_drift(item) for item in body["drift"]),
        diagnostics=tuple(parse_diagnostic(item) for item in body["diagnostics"]),
        unchanged=check_count(body["unchanged"], "unchanged"),
        cost=parse_cost(body["cost"]),
        needs=_parse_needs(body["needs"]),
    )
    _check_once(plan)
    _check_known_later(plan)
    return Reviewed(
        created=_time(body["created"]),
        project=body["project"],
        environment=body["environment"],
        account=body["account"],
        lineage=body["lineage"],
        only=parse_texts(body["only"]),
        plan=plan,
        tree=body["tree"],
        mass_delete=body["mass_delete"],
        rollbacks=_parse_rollbacks(body.get("rollbacks", {})),
    )


def _check_once(plan: Plan) -> None:
    """Raises ValueError if two changes have the same address, or if two drifts have the same address and field, because
    a reader could overlook one of the two.

    A change with `retired` deletes an object that an earlier change has replaced, or only removes it from the state.
    Such a change may have the same address as another change. Raises ValueError if it does anything else, or has no id.
    """
    changed = [(change.address, change.id if change.retired else None) for change in plan.changes]
    drifted = [(drift.address, drift.path) for drift in plan.drift]
    if len(set(changed)) != len(changed) or len(set(drifted)) != len(drifted):
        raise ValueError("it contains an address twice")
    removals = (Action.DELETE, Action.FORGET)
    if any(change.retired and (change.action not in removals or change.id is None) for change in plan.changes):
        raise ValueError("something retired is neither deleted nor forgotten")


def _check_known_later(plan: Plan) -> None:
    """Raises ValueError if a change needs the id of an object that does not exist yet, and no change of the plan
    creates this object. Also raises ValueError if a value before a change is such an id.
    """
    made = {change.address for change in plan.changes if change.action in MAKING or _is_released(change)}
    for change in plan.changes:
        if not made.issuperset(_left_open(change.after)) or any(_left_open(change.before)):
            raise ValueError(f"{change.address} needs an id that nothing in the plan makes")


def _is_released(change: Change) -> bool:
    """Returns whether `change` gives a definition a new release. A definition is an assistant for the Responses API,
    which exists only in the state; the release is a part of its id.
    """
    return change.type in TYPES and TYPES[change.type].local and change.action is Action.UPDATE


def _left_open(value: Any) -> Iterator[Address]:
    if isinstance(value, Unknown):
        yield value.address
    elif isinstance(value, UnknownText):
        yield from (part.address for part in value.parts if isinstance(part, Unknown))
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _left_open(item)


def _time(value: float) -> float:
    """Returns `value`, a time in seconds since 1970. Raises ValueError if it is not a number from 0 to LATEST_TIME."""
    if isinstance(value, bool) or not 0 <= value <= LATEST_TIME:
        raise ValueError("`created` is no time")
    return float(value)


def _parse_needs(body: Mapping[str, Any]) -> dict[Address, tuple[Address, ...]]:
    return {parse_address(address): tuple(map(parse_address, parse_texts(needs))) for address, needs in body.items()}


def _parse_rollbacks(body: Any) -> dict[str, int | None]:
    check_shape(body, dict.fromkeys(body, (int, NoneType)))
    return {str(parse_address(address)): number for address, number in body.items()}


def _unreadable(name: str, error: Exception) -> StateError:
    detail = (
        f": {error}"
        if isinstance(error, ValueError | TypeError) and not isinstance(error, json.JSONDecodeError)
        else ""
    )
    return StateError(
        f"{name} is not a plan that provision wrote, or only a part of one{detail}",
        hint="make it anew: provision plan --out FILE",
    )
