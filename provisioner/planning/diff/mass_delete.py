"""Blocks a plan that would delete too many resources of one kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.planning.plan import Action, Change, Drift
from provisioner.planning.reason import ReasonCode
from provisioner.state.records import State

#: Kinds with fewer records are not checked, because people often delete most of a few objects on purpose.
FEWEST = 10
#: The reasons of changes for resources that `removed:` in a manifest names.
NAMED = (ReasonCode.FORGOTTEN, ReasonCode.FORGOTTEN_UNMARKED, ReasonCode.FORGOTTEN_LOCALLY)


def check_threshold(
    changes: Iterable[Change], drift: Iterable[Drift], state: State, percent: float
) -> Iterator[Diagnostic]:
    """Yields a blocking diagnostic for each kind of resource that would lose more than `percent` percent of its
    recorded resources. A resource is lost if the plan would delete its object or forget its record, or if its object no
    longer exists.

    Kinds with fewer than FEWEST recorded resources are not checked. Replaced and moved resources are not counted,
    because they still have an object. Resources that an entry of `removed:` in a manifest forgets are not counted,
    because somebody named each of them.
    """
    leaving: set[Address] = {change.address for change in changes if _is_leaving(change)}
    leaving |= {each.address for each in drift if not each.path}
    lost = Counter(address.kind for address in leaving)
    for kind, total in sorted(Counter(address.kind for address in state.records).items()):
        if total >= FEWEST and lost[kind] * 100 > percent * total:
            message = (
                f"{lost[kind]} of {total} recorded {kind.replace('_', ' ')}s would be deleted or have vanished, "
                f"more than {percent:g} %; if you want that, use --allow-mass-delete"
            )
            yield Diagnostic("blocked", message)


def _is_leaving(change: Change) -> bool:
    named = any(each.code in NAMED for each in change.reasons)
    return change.action in (Action.DELETE, Action.FORGET) and not change.retired and not named
