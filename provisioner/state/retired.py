"""Defines the objects that were replaced and are deleted later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.state.shape import check_retired, check_text


class Retired(Struct, frozen=True):
    """An object that a change has replaced, and that will be deleted later. It may be deleted after the time `since +
    retire_after`, if no record contains its id and no release needs it. `since` is the time of the replacement in
    seconds since 1970, and `retire_after` is in seconds. `uses` are the ids of the objects that the replaced object
    needs; they are not deleted before this time.
    """

    address: Address
    type: str
    id: str
    since: float = 0
    retire_after: float = 0
    uses: tuple[str, ...] = ()

    def is_due(self, now: float) -> bool:
        """Returns whether the replaced object may be deleted at the time `now`, in seconds since 1970."""
        return now >= self.since + self.retire_after

    def to_json(self) -> dict[str, Any]:
        """Returns the replaced object as JSON in the format of the state."""
        return {
            "address": str(self.address),
            "type": self.type,
            "id": self.id,
            "since": self.since,
            "retire_after": self.retire_after,
            **({"uses": sorted(self.uses)} if self.uses else {}),
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Retired:
        """Returns the replaced object that `body` describes. `body` is the JSON that `to_json` wrote. Raises the errors
        of `provisioner.state.shape` if `body` has another form.
        """
        address = Address.parse(check_text(body["address"]))
        check_retired(address, body)
        return cls(**{**body, "address": address, "uses": tuple(body.get("uses", ()))})
