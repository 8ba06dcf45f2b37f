"""A plan that people review before it is applied: how it is written down, and what makes two changes the same.

Two changes are the same when address, action, what is there and what is wanted are. What is wanted is compared
with references by address, not by id, so that a plan which another apply has partly fulfilled still fits. Nothing
in it is secret: manifests hold no credentials, and what the API never returns is kept as a digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from provisioner.address import Address
from provisioner.diagnostic import Diagnostic, Place
from provisioner.errors import Blocked, ProvisionError, StateError
from provisioner.estimate import ContainerCost, Estimate, Storage, StoreCost, ToolCost
from provisioner.plan import Action, Change, Drift, Plan, Unknown
from provisioner.resource import Ref, Resource
from provisioner.state import digest

FORMAT = 1
KNOWN_LATER = "known_after_apply"

#: Address, action, digest of before, digest of after.
Fingerprint = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A written plan. `created` is in seconds since 1970; `lineage` is None where there was no state yet."""

    created: float
    project: str
    environment: str
    account: str
    lineage: str | None
    only: tuple[str, ...]
    plan: Plan
    fingerprints: frozenset[Fingerprint]


def fingerprint(change: Change, resource: Resource | None) -> Fingerprint:
    """What makes a change the same as another."""
    wanted = None if resource is None or change.after is None else _symbolic(resource.inputs)
    if change.action is Action.DELETE:
        wanted = change.id if change.retired else None
    return str(change.address), change.action.value, digest(_encode(change.before)), digest(wanted)


def fingerprints(plan: Plan, resources: Sequence[Resource]) -> frozenset[Fingerprint]:
    """The fingerprints of all changes."""
    known = {resource.address: resource for resource in resources}
    return frozenset(fingerprint(change, known.get(change.address)) for change in plan.changes)


def dump(reviewed: Reviewed) -> str:
    """The plan's text: JSON with a digest over everything else in it."""
    body = {
        "format": FORMAT,
        "created": reviewed.created,
        "project": reviewed.project,
        "environment": reviewed.environment,
        "account": reviewed.account,
        "lineage": reviewed.lineage,
        "only": list(reviewed.only),
        "changes": [_change_body(change) for change in reviewed.plan.changes],
        "drift": [_drift_body(drift) for drift in reviewed.plan.drift],
        "diagnostics": [_diagnostic_body(diagnostic) for diagnostic in reviewed.plan.diagnostics],
        "unchanged": reviewed.plan.unchanged,
        "cost": None if reviewed.plan.cost is None else asdict(reviewed.plan.cost),
        "needs": {str(address): list(map(str, needs)) for address, needs in reviewed.plan.needs.items()},
        "fingerprints": sorted(map(list, reviewed.fingerprints)),
    }
    return json.dumps({**body, "digest": digest(body)}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def parse(text: str, name: str) -> Reviewed:
    """The plan that `dump` wrote; `name` is what to call it. Raises StateError, and Blocked where it was edited."""
    try:
        body = json.loads(text)
        claimed = body.pop("digest")
        version = body["format"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _unreadable(name) from error
    if version != FORMAT:
        raise StateError(
            f"{name} has format {version}; this version of provision reads format {FORMAT}",
            hint="make the plan anew with the same version: provision plan --out FILE",
        )
    if claimed != digest(body):
        raise Blocked(
            f"{name} is not as provision wrote it: its digest does not fit; nothing was changed",
            hint="make the plan anew: provision plan --out FILE",
        )
    try:
        return _parse_body(body)
    except (KeyError, TypeError, ValueError, AttributeError, ProvisionError) as error:
        raise _unreadable(name) from error


def _parse_body(body: Mapping[str, Any]) -> Reviewed:
    plan = Plan(
        changes=tuple(_parse_change(item) for item in body["changes"]),
        drift=tuple(Drift(**{**item, "address": Address.parse(item["address"])}) for item in body["drift"]),
        diagnostics=tuple(_parse_diagnostic(item) for item in body["diagnostics"]),
        unchanged=int(body["unchanged"]),
        cost=_parse_cost(body.get("cost")),
        needs=_parse_needs(body.get("needs", {})),  # files of older versions have none
    )
    return Reviewed(
        created=float(body["created"]),
        project=body["project"],
        environment=body["environment"],
        account=body["account"],
        lineage=body["lineage"],
        only=tuple(body["only"]),
        plan=plan,
        fingerprints=frozenset((str(a), str(b), str(c), str(d)) for a, b, c, d in body["fingerprints"]),
    )


def _parse_needs(body: Mapping[str, list[str]]) -> dict[Address, tuple[Address, ...]]:
    return {Address.parse(address): tuple(map(Address.parse, needs)) for address, needs in body.items()}


def _change_body(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "action": change.action.value,
        "type": change.type,
        "reasons": list(change.reasons),
        "before": _encode(change.before),
        "after": _encode(change.after),
        "fields": list(change.fields),
        "id": change.id,
        "retired": change.retired,
        "moved_from": None if change.moved_from is None else str(change.moved_from),
        "former_type": change.former_type,
        "sources": list(change.sources),
    }


def _parse_change(body: Mapping[str, Any]) -> Change:
    moved = body["moved_from"]
    return Change(
        **{
            **body,
            "address": Address.parse(body["address"]),
            "action": Action(body["action"]),
            "reasons": tuple(body["reasons"]),
            "before": _decode(body["before"]),
            "after": _decode(body["after"]),
            "fields": tuple(body["fields"]),
            "sources": tuple(body.get("sources", ())),
            "moved_from": None if moved is None else Address.parse(moved),
        }
    )


def _drift_body(drift: Drift) -> dict[str, Any]:
    return {
        "address": str(drift.address),
        "field": drift.field,
        "recorded": drift.recorded,
        "actual": drift.actual,
        "overwritten": drift.overwritten,
    }


def _diagnostic_body(diagnostic: Diagnostic) -> dict[str, Any]:
    place = diagnostic.place
    return {
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "place": None if place is None else [place.file, place.line, place.column],
        "address": diagnostic.address,
    }


def _parse_diagnostic(body: Mapping[str, Any]) -> Diagnostic:
    place = body["place"]
    return Diagnostic(body["severity"], body["message"], None if place is None else Place(*place), body["address"])


def _parse_cost(body: Mapping[str, Any] | None) -> Estimate | None:
    """None where the plan is older than estimates."""
    if body is None:
        return None
    tools = [{**item, "before": tuple(item["before"]), "after": tuple(item["after"])} for item in body["tools"]]
    return Estimate(
        as_of=body["as_of"],
        storage=Storage(**body["storage"]),
        stores=tuple(StoreCost(**item) for item in body["stores"]),
        containers=tuple(ContainerCost(**item) for item in body["containers"]),
        tools=tuple(ToolCost(**item) for item in tools),
        own_prices=tuple(body["own_prices"]),
    )


def _symbolic(value: Any) -> Any:
    """The inputs with references by address, whatever the ids are or will be."""
    if isinstance(value, Ref):
        return {"ref": str(value.address)}
    if isinstance(value, Mapping):
        return {key: _symbolic(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_symbolic(item) for item in value]
    return value


def _encode(value: Any) -> Any:
    if isinstance(value, Unknown):
        return value.to_json()
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    return value


def _decode(value: Any) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {KNOWN_LATER}:
            return Unknown(Address.parse(str(value[KNOWN_LATER]).removesuffix(".id")))
        return {key: _decode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_decode(item) for item in value]
    return value


def _unreadable(name: str) -> StateError:
    return StateError(
        f"{name} is not a plan that provision wrote, or only a part of one",
        hint="make it anew: provision plan --out FILE",
    )
