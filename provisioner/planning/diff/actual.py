"""The live objects that were found at OpenAI for the records of the state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from provisioner.core.address import Address
from provisioner.openai_api.collections.collection import Live


@dataclass(frozen=True, slots=True)
class Stranger:
    """The explanation why a live object with a recorded id is not the object that this state created.

    `reason` is the explanation. If `marked` is true, the object must not be changed, because its metadata names another
    owner, or because nothing in it shows that this project owns it.
    """

    reason: str
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Match:
    """The upload in an adopted vector store that is the same file as a local one. `live` is the upload, `store` the
    address of the store, and `means` what both have in common.
    """

    live: Live
    store: Address
    means: str


@dataclass(frozen=True, slots=True)
class Actual:
    """The live objects that belong to the records of the state.

    `live` has the live object of each recorded address; a recorded address without an entry has vanished. If
    `refreshed` is false, no objects were read, and the records are used instead. `gone` are the types of objects for
    which the server has no endpoint. `retired` are the live objects that earlier changes replaced and that still wait
    for their deletion, by id. `strangers` are those objects in `live` and `retired` that this state did not create, by
    id; they are never deleted. `imports` are the live objects that resources without a record
    take over, by address; a live object that must not be taken over is absent. `matches` says of files among them why
    they were chosen, if no import names them. `listed` are the objects with wanted ids that the lists contained, by id.
    """

    live: Mapping[Address, Live] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    refreshed: bool = True
    retired: Mapping[str, Live] = field(default_factory=dict)
    strangers: Mapping[str, Stranger] = field(default_factory=dict)
    imports: Mapping[Address, Live] = field(default_factory=dict)
    matches: Mapping[Address, Match] = field(default_factory=dict)
    listed: Mapping[str, Live] = field(default_factory=dict)

    def seen(self) -> frozenset[str]:
        """Returns the ids of all live objects that were found, including the retired ones."""
        return frozenset({live.id for live in self.live.values()} | self.retired.keys())
