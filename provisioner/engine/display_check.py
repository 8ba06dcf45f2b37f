"""Compares a reviewed plan with the new plan that an apply makes. Compares the diagnostics (notes), the drift (changes
that others made to objects) and the costs.

Notes, drift and costs do not change the actions of an apply, but people read them when they decide about the plan. If a
part of the reviewed plan was carried out already, notes about the finished changes may be missing in the new plan.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import Blocked
from provisioner.core.estimate import Estimate, StoreCost
from provisioner.engine.planned import Planned
from provisioner.engine.review import AGAIN
from provisioner.planning.plan import Plan
from provisioner.planning.planbody import change_body, drift_body
from provisioner.planning.planfile import Reviewed
from provisioner.review.cost.prices import price_storage
from provisioner.state.records import digest

#: Patterns for an address in the spelling of `Address`, and for an id. These patterns match no sentence.
ADDRESS = r"[a-z_]+(?:\.[\w-]+|\[\"[^\"\s]+\"\])"
ID = r"[A-Za-z0-9_@.-]{1,200}"
#: LISTED is the pattern of one difference between two states, in the spelling of `continuity.differences`. PART is the
#: pattern of a changed part in it.
PART = r"[a-z_]+(?:\.[\w-]+)?"
LISTED = (
    rf"(?:{ADDRESS}: (?:{ID} is recorded, and was not|{ID} was recorded, and is not"
    rf"|the replaced {ID} (?:is|was) to be deleted, and (?:was|is) not"
    rf"|(?:id \({ID} → {ID}\)|{PART})(?:, (?:id \({ID} → {ID}\)|{PART}))*)|[a-z_]+ differs|and \d+ more)"
)
#: The pattern of infos about the time at which the plan was made. Such an info may be missing when the plan is applied.
#: The pattern must match the whole text of an info.
MOMENTARY = re.compile(
    rf"{ADDRESS}: an earlier run was interrupted after it made {ID}; it is taken over"
    rf"|{ADDRESS}: an earlier run was interrupted after it adopted {ID}; the object is recorded now"
    rf"|{ADDRESS}: {ID} is kept as long as the replaced object that uses it"
    rf"|{ADDRESS} holds (a file|\d+ files) that nobody declared \({ID}(, {ID})*( and \d+ more)?\): left alone; "
    r"`exclusive: true` would take them out"
    r"|quick refresh: [\w ,]+ were not read, because the lists show them as recorded; changes that keep counts and "
    r"sizes, such as other attributes of a file, are not seen; to read everything, use --refresh full"
    rf"|\S{{1,200}} was written elsewhere since serial \d+, as serial \d+(: {LISTED}(; {LISTED})*)?"
)
NUMBER = re.compile(r"\d+")
#: The largest accepted difference between two sizes that the API gives for one store: this part, or this many bytes.
MEASURED_PART, MEASURED_BYTES = 0.2, 64 * 2**20


def check_notes(reviewed: Reviewed, planned: Planned, of_manifests: Sequence[Diagnostic]) -> None:
    """Raises Blocked if the reviewed plan displays a note (a diagnostic) that the new plan does not contain. Two kinds
    of notes may be missing: notes about changes that an interrupted apply has begun or made, and infos about the time
    at which the plan was made (MOMENTARY).

    `planned` is the new plan. `of_manifests` are the notes about the manifests. The places of notes are not compared,
    because an added comment changes line numbers. Notes of severity `info` may contain other numbers than in the
    reviewed plan, such as times.
    """
    said = (*planned.plan.diagnostics, *of_manifests)
    known = {(each.severity, each.message, each.address) for each in said}
    infos = {(NUMBER.sub("#", each.message), each.address) for each in said if each.severity == "info"}
    done = set(_finished(reviewed.plan, planned.plan))
    for each in reviewed.plan.diagnostics:
        if (each.severity, each.message, each.address) in known or each.address in done:
            continue
        is_info = each.severity == "info"
        if is_info and ((NUMBER.sub("#", each.message), each.address) in infos or MOMENTARY.fullmatch(each.message)):
            continue
        shown = each.message if len(each.message) <= 200 else f"{each.message[:200]}…"
        raise Blocked(
            f"the plan displays a note that these manifests do not lead to: {shown}; nothing was changed", hint=AGAIN
        )


def check_drift(reviewed: Reviewed, planned: Planned) -> None:
    """Raises Blocked if the reviewed plan displays drift (a change that others made to an object) that the new plan
    `planned` does not contain.

    Two kinds of drift are not checked: drift that the reviewed plan overwrites, because an interrupted apply may have
    overwritten it already, and drift at the address of a change that an interrupted apply has begun or finished.
    `check_reviewed` checks the opposite: that the reviewed plan displays the drift that the new plan overwrites.
    """
    there = {digest(drift_body(each)) for each in planned.plan.drift}
    done = set(_finished(reviewed.plan, planned.plan))
    for each in reviewed.plan.drift:
        if not each.overwritten and str(each.address) not in done and digest(drift_body(each)) not in there:
            what = f"{each.address} ({each.field})" if each.field else str(each.address)
            raise Blocked(
                f"the plan displays a change by others that is not there: {what}; nothing was changed", hint=AGAIN
            )


def check_costs(reviewed: Reviewed, planned: Planned) -> None:
    """Raises Blocked if the costs in the reviewed plan differ from the costs in the new plan `planned`. Small
    differences in the sizes of vector stores are accepted.
    """
    shown, found = reviewed.plan.cost, planned.plan.cost
    whole = not any(_finished(reviewed.plan, planned.plan))
    if (what := _find_other_cost(shown, found, whole=whole)) is not None:
        raise Blocked(f"the plan displays other costs than there would be: {what}; nothing was changed", hint=AGAIN)


def _finished(reviewed: Plan, planned: Plan) -> Iterator[str]:
    """Yields the addresses of the changes in `reviewed` that an interrupted apply has begun or finished. The new plan
    `planned` does not contain these changes, or contains them in another form.
    """
    left = {digest(change_body(change)) for change in planned.changes}
    return (str(change.address) for change in reviewed.changes if digest(change_body(change)) not in left)


def _find_other_cost(shown: Estimate | None, found: Estimate | None, *, whole: bool) -> str | None:
    """Returns a text that names the first difference between the costs in two estimates, such as "tools" or "other
    prices". Returns None if no cost differs. `shown` is the estimate in the reviewed plan, and `found` is the new
    estimate. An estimate is None if its plan has no costs.

    If `whole` is True, the costs before and after the apply are compared. Otherwise only the costs after the apply are
    compared, and an estimate may be missing.
    """
    if shown is None or found is None:
        return "an estimate is missing" if whole and shown is not found else None
    if shown.as_of != found.as_of or (whole and shown.own_prices != found.own_prices):
        return "other prices"
    if _tools(shown, whole=whole) != _tools(found, whole=whole):
        return "tools"
    if _containers(shown, whole=whole) != _containers(found, whole=whole):
        return "containers"
    if not _fit_stores(shown, found, whole=whole) or not _fit_totals(shown, found):
        return "vector storage"
    return None


def _tools(cost: Estimate, *, whole: bool) -> set[tuple[object, ...]]:
    return {
        (each.tool, each.usd_per_1000_calls, each.after, each.before if whole else ())
        for each in cost.tools
        if whole or each.after
    }


def _containers(cost: Estimate, *, whole: bool) -> set[tuple[object, ...]]:
    return {
        (each.address, each.memory_after, each.usd_after, *((each.memory_before, each.usd_before) if whole else ()))
        for each in cost.containers
        if whole or each.memory_after is not None
    }


def _fit_stores(shown: Estimate, found: Estimate, *, whole: bool) -> bool:
    """Returns whether both estimates contain the same vector stores with the same sizes. Sizes that the API has
    measured may differ a little. `shown` is the estimate in the reviewed plan, and `found` is the new estimate.
    Replaced vector stores that wait for their deletion are not compared. If `whole` is False, only the sizes after the
    apply are compared.
    """
    sides = [{each.address: each for each in cost.stores if not each.retired} for cost in (shown, found)]
    for address in sides[0].keys() | sides[1].keys():
        absent = StoreCost(address, 0, 0)
        left, right = (side.get(address) for side in sides)
        if whole and (left is None or right is None):
            return False
        if not _is_close(left or absent, right or absent, whole=whole):
            return False
    return True


def _is_close(left: StoreCost, right: StoreCost, *, whole: bool) -> bool:
    if left.measured or right.measured:
        pairs = [(left.bytes_after, right.bytes_after), *([(left.bytes_before, right.bytes_before)] if whole else [])]
        return all(abs(a - b) <= max(MEASURED_BYTES, MEASURED_PART * b) for a, b in pairs)
    return left == right if whole else left.bytes_after == right.bytes_after


def _fit_totals(shown: Estimate, found: Estimate) -> bool:
    """Returns whether the totals in the reviewed plan (`shown`) are correct. They must be the sums for the vector
    stores in that plan, at the prices of this version of provision. `found` is the new estimate, which contains these
    prices.
    """
    storage = shown.storage
    if (storage.usd_per_gb_day, storage.free_gb) != (found.storage.usd_per_gb_day, found.storage.free_gb):
        return False
    before = sum(each.bytes_before for each in shown.stores)
    after = sum(each.bytes_after for each in shown.stores)
    usd = (price_storage(count, storage.usd_per_gb_day, storage.free_gb) for count in (before, after))
    return (storage.bytes_before, storage.bytes_after, storage.usd_before, storage.usd_after) == (before, after, *usd)
