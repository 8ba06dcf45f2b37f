"""Defines the entries of `moved:` and `removed:` in manifests: the resources that were renamed, and the resources that
were removed.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from provisioner.core.address import Address
from provisioner.core.diagnostic import Place


class Move(Struct, frozen=True):
    """An entry of `moved:`: a resource was renamed from the address `source` to the address `target`. In the state, the
    record of the resource gets the new address.
    """

    source: Address
    target: Address
    place: Place | None = None


class Removal(Struct, frozen=True):
    """An entry of `removed:`: a resource is no longer declared. If `destroy` is True, its object at OpenAI is deleted.
    If `destroy` is False, only the record is removed from the state, and the object at OpenAI stays.
    """

    address: Address
    destroy: bool
    place: Place | None = None


class AddressChanges(Struct, frozen=True):
    """The renames under `moved:` and the removals under `removed:` in the manifests. Both mappings are keyed by an
    address that the manifests no longer declare.
    """

    moves: Mapping[Address, Move] = field(default_factory=dict)
    removals: Mapping[Address, Removal] = field(default_factory=dict)

    def resolve(self, address: Address) -> Address:
        """Returns the present address of the resource that once had the address `address`. If the resource was renamed
        several times, all renames are followed. Returns `address` itself if the resource was not renamed.
        """
        seen = {address}
        while (move := self.moves.get(address)) is not None and move.target not in seen:
            address = move.target
            seen.add(address)
        return address

    def removal_of(self, address: Address) -> Removal | None:
        """Returns the entry of `removed:` for a resource. `address` is the present address of the resource, or an
        address that the resource had before a rename. Returns None if the manifests do not remove the resource.
        """
        return self.removals.get(address) or self.removals.get(self.resolve(address))

    def without_moves(self) -> AddressChanges:
        """Returns a copy that contains the removals and no moves. In the copy, a removal is also listed under each
        former address of its resource.
        """
        former = {
            source: self.removals[last] for source in self.moves if (last := self.resolve(source)) in self.removals
        }
        return AddressChanges(removals={**former, **self.removals})


NO_CHANGES = AddressChanges()
