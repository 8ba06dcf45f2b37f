"""What a plan may touch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from provisioner.core.address import Address
from provisioner.planning.reason import Reason, ReasonCode

#: Why what a plan deletes leaves, where nothing else is said.
UNDECLARED = Reason(ReasonCode.UNDECLARED)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan may touch, and how much of it.

    `only` restricts it to these addresses and what they need. `leaving_reason` says why what is recorded and not
    among the resources is deleted. `delete_threshold` is the share of a kind, in percent, that may be deleted at
    once (None: any). `early` deletes what is retired although its time is not over.
    """

    only: Collection[Address] = ()
    leaving_reason: Reason = UNDECLARED
    delete_threshold: float | None = None
    early: bool = False
