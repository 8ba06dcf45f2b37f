"""The live objects that were found at OpenAI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.core.address import Address
from provisioner.openai_api.collections.collection import Live


@dataclass(frozen=True, slots=True)
class Stranger:
    """Says why a live object is not the one that the state made.

    `marked` says that it must not be written to, because it carries a mark of another owner, or nothing shows that it
    is ours.
    """

    reason: str
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Actual:
    """The live objects of the records.

    An address that is recorded and not in `live` has vanished. If the objects were not `refreshed`, the records are
    used instead. `gone` are the types whose endpoint the server does not have. `retired` are the retired objects that
    were found, by id. `strangers` are the objects among both that the state did not make, by id; they are never
    deleted. `imports` are the objects that resources without a record take over, by address; an object that must not be
    taken over is not among them.
    """

    live: Mapping[Address, Live] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    refreshed: bool = True
    retired: Mapping[str, Live] = field(default_factory=dict)
    strangers: Mapping[str, Stranger] = field(default_factory=dict)
    imports: Mapping[Address, Live] = field(default_factory=dict)

    def seen(self) -> frozenset[str]:
        """The ids of all objects that were found."""
        return frozenset({live.id for live in self.live.values()} | self.retired.keys())
