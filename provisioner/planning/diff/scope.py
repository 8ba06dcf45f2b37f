"""What a plan may change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from provisioner.core.address import Address
from provisioner.planning.reason import Reason, ReasonCode

#: The reason of a deletion if no other reason is given.
UNDECLARED = Reason(ReasonCode.UNDECLARED)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan may change, and how much of it.

    `only` restricts it to these addresses and what they need. `leaving_reason` is the reason for deleting recorded
    resources that are not declared. `delete_threshold` is the percentage of a kind that may be deleted at once (None:
    any). `early` deletes retired objects although their time is not over.
    """

    only: Collection[Address] = ()
    leaving_reason: Reason = UNDECLARED
    delete_threshold: float | None = None
    early: bool = False
