"""Finds imports of objects that already have an address: the state records them or wants to delete them, or an
interrupted run may have made them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.core.address import Address
from provisioner.core.resource import Import, Resource
from provisioner.state.records import State
from provisioner.state.versions import ids_in


@dataclass(frozen=True, slots=True)
class ImportConflicts:
    """The ids of objects that a resource cannot import, because they belong to another address. The state records such
    an object or wants to delete it (a replaced object), or an interrupted run may have made it.

    The keys of `pending` are the ids of objects that an interrupted run may have made; the values are the addresses of
    these objects. `resources` maps addresses to the declared resources.
    """

    state: State
    pending: Mapping[str, Address]
    resources: Mapping[Address, Resource]
    recorded: Mapping[str, Address] = field(init=False)
    retired: Mapping[str, Address] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "recorded", ids_in(self.state.records))
        object.__setattr__(self, "retired", {entry.id: entry.address for entry in self.state.retired})

    def find(self, address: Address, imported: Import) -> str | None:
        """Returns a message if the object that `imported` names cannot be imported to `address`. The message gives the
        reason, and what to do. Returns None if the object can be imported.

        The advice depends on where the import is named: in an entry of `imports:` in a manifest, or on the command
        line.
        """
        id = imported.id
        if id in self.pending and self.pending[id] != address:
            other = self.pending[id]
            first, then = ("take the import away, ", "plan") if imported.place else ("", "import")
            return (
                f"{id} may be what an interrupted run made for {other}{self._place(other)}; {first}run "
                f"`provision apply`, which finishes that run, and then {then} again"
            )
        if id in self.recorded:
            other = self.recorded[id]
            known = f"{id} is recorded as {other} already{self._place(other)}; an object has one address"
            rename = f"to rename it, run `provision state mv '{other}' '{address}'`, or use `moved:` in a manifest"
            return f"{known}: {'take the import away' if imported.place else rename}"
        if id in self.retired:
            other = self.retired[id]
            return f"{id} was replaced as {other} and is going to be deleted{self._place(other)}; it cannot be imported"
        return None

    def _place(self, address: Address) -> str:
        """Returns the place in a manifest where `address` is declared, in brackets. Returns an empty text if no
        manifest declares the address.
        """
        resource = self.resources.get(address)
        return "" if resource is None or resource.place is None else f" ({resource.place})"
