"""Defines the limits of a plan: which resources it may change, and how many it may delete."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.resource import Resource
from provisioner.planning.dependency_graph import closure
from provisioner.planning.reason import Reason, ReasonCode

#: The reason of a deletion if no other reason is given.
UNDECLARED = Reason(ReasonCode.UNDECLARED)


class Scope(Struct, frozen=True):
    """The limits of a plan: which resources it may change, and how many it may delete.

    If `only` is not empty, the plan is restricted to these addresses and the addresses that they need. If `alone` is
    true, the plan is restricted to the addresses in `only`, without the addresses that they need. `leaving_reason` is
    the reason for deleting recorded resources that are not declared. `delete_threshold` is the largest percentage of
    the resources of one kind that one plan may delete (None: no limit). If `early` is true, objects that were replaced
    are deleted before their waiting time is over.
    """

    only: Collection[Address] = ()
    leaving_reason: Reason = UNDECLARED
    delete_threshold: float | None = None
    early: bool = False
    alone: bool = False

    def choose(self, needs: Mapping[Address, Set[Address]], addresses: Collection[Address]) -> Collection[Address]:
        """Returns `addresses`, and all addresses that they need according to `needs`. If `alone` is true, returns only
        `addresses`. `needs` maps each address to the addresses that it needs.
        """
        return {*addresses} if self.alone else closure(addresses, needs)

    def within(self, resources: Sequence[Resource]) -> list[Resource]:
        """Returns those of the resources that a plan with these limits may change."""
        if not self.only:
            return list(resources)
        needs = {resource.address: resource.needs for resource in resources}
        chosen = self.choose(needs, self.only)
        return [each for each in resources if each.address in chosen]
