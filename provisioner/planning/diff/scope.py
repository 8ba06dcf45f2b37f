"""The limits of a plan: which resources it may change, and how many it may delete."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from provisioner.core.address import Address
from provisioner.planning.reason import Reason, ReasonCode

#: The reason of a deletion if no other reason is given.
UNDECLARED = Reason(ReasonCode.UNDECLARED)


@dataclass(frozen=True, slots=True)
class Scope:
    """The limits of a plan: which resources it may change, and how many it may delete.

    If `only` is not empty, the plan is restricted to these addresses and the addresses that they need. `leaving_reason`
    is the reason for deleting recorded resources that are not declared. `delete_threshold` is a percentage: one plan
    may delete at most this part of the resources of one kind (None: no limit). If `early` is true, replaced objects are
    deleted before their waiting time is over.
    """

    only: Collection[Address] = ()
    leaving_reason: Reason = UNDECLARED
    delete_threshold: float | None = None
    early: bool = False
