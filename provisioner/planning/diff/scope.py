"""What a plan may touch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from provisioner.core.address import Address


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan may touch, and how much of it.

    `only` restricts it to these addresses and what they need. `leaving_reason` says why what is recorded and not
    among the resources is deleted. `delete_threshold` is the share of a kind, in percent, that may be deleted at
    once (None: any). `early` deletes what is retired although its time is not over.
    """

    only: Collection[Address] = ()
    leaving_reason: str = "no longer in the manifests"
    delete_threshold: float | None = None
    early: bool = False
