"""Whether what a reviewed plan displays beside its changes, its notes and its costs, is what these manifests lead to.

Nothing is done because of them, but people decide by them. They are compared with those of the plan that is made anew.
Of a plan that was carried out in part, what was said of the finished changes is no longer said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import Blocked
from provisioner.core.estimate import Estimate, StoreCost
from provisioner.engine.engine import Planned
from provisioner.engine.review import AGAIN
from provisioner.planning.plan import Plan
from provisioner.planning.planbody import change_body, drift_body
from provisioner.planning.planfile import Reviewed
from provisioner.review.cost.prices import price_storage
from provisioner.state.records import digest

#: An address, spelled as `Address` spells it, and an id; neither can hold a sentence.
ADDRESS = r"[a-z_]+(?:\.[\w-]+|\[\"[^\"\s]+\"\])"
ID = r"[A-Za-z0-9_@.-]{1,200}"
#: What `continuity.differences` says of one address or field.
PART = r"[a-z_]+(?:\.[\w-]+)?"
LISTED = (
    rf"(?:{ADDRESS}: (?:{ID} is recorded, and was not|{ID} was recorded, and is not"
    rf"|the replaced {ID} (?:is|was) to be deleted, and (?:was|is) not"
    rf"|(?:id \({ID} → {ID}\)|{PART})(?:, (?:id \({ID} → {ID}\)|{PART}))*)|[a-z_]+ differs|and \d+ more)"
)
#: Infos about the moment at which a plan was made, of which nothing may be left when it is applied. Each matches whole.
MOMENTARY = re.compile(
    rf"{ADDRESS}: an earlier run was interrupted after it made {ID}; it is taken over"
    rf"|{ADDRESS}: {ID} is kept as long as the replaced object that uses it"
    rf"|{ADDRESS} holds (a file|\d+ files) that nobody declared \({ID}(, {ID})*( and \d+ more)?\): left alone; "
    r"`exclusive: true` would take them out"
    rf"|\S{{1,200}} was written elsewhere since serial \d+, as serial \d+(: {LISTED}(; {LISTED})*)?"
)
NUMBER = re.compile(r"\d+")
#: How far what the API measures of a store may be from what it measured before: this part, or this many bytes.
MEASURED_PART, MEASURED_BYTES = 0.2, 64 * 2**20


def check_notes(reviewed: Reviewed, planned: Planned, told: Sequence[Diagnostic]) -> None:
    """Raises Blocked where the file displays a note that the plan does not lead to. `told` is of the manifests.

    Places are not compared, since a comment moves them. Infos may name other numbers, such as times.
    """
    said = (*planned.plan.diagnostics, *told)
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
    """Raises Blocked where the file displays a change by others that is not there and that nothing is done about.

    What is overwritten may be finished by now: whether that was reviewed is what `check_reviewed` decides.
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
    """Raises Blocked where the file displays other costs than the plan leads to."""
    shown, found = reviewed.plan.cost, planned.plan.cost
    whole = not any(_finished(reviewed.plan, planned.plan))
    if (what := _find_other_cost(shown, found, whole=whole)) is not None:
        raise Blocked(f"the plan displays other costs than there would be: {what}; nothing was changed", hint=AGAIN)


def _finished(reviewed: Plan, planned: Plan) -> Iterator[str]:
    """Returns the addresses of changes that the plan no longer has in exactly this form: finished or begun ones."""
    left = {digest(change_body(change)) for change in planned.changes}
    return (str(change.address) for change in reviewed.changes if digest(change_body(change)) not in left)


def _find_other_cost(shown: Estimate | None, found: Estimate | None, *, whole: bool) -> str | None:
    """What is estimated otherwise, or None. Without `whole` only what is there afterwards is compared."""
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
    """Whether the stores are the same, about as large. Those that are retired may be gone by now."""
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
    """Whether the sums in the file are those of its stores, at the prices that hold here."""
    storage = shown.storage
    if (storage.usd_per_gb_day, storage.free_gb) != (found.storage.usd_per_gb_day, found.storage.free_gb):
        return False
    before = sum(each.bytes_before for each in shown.stores)
    after = sum(each.bytes_after for each in shown.stores)
    usd = (price_storage(count, storage.usd_per_gb_day, storage.free_gb) for count in (before, after))
    return (storage.bytes_before, storage.bytes_after, storage.usd_before, storage.usd_after) == (before, after, *usd)
