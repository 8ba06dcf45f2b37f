"""Defines `Actual`: the live objects that were found at OpenAI. They belong to records of the state, or the plan adopts
them.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.openai_api.collections.collection import Live
from provisioner.state.record_texts import RecordText


class ForeignObject(Struct, frozen=True):
    """A live object that this state did not create, or of which this is not certain, although the state records its id.
    `reason` says why provision assumes this.

    If `marked` is true, the object must not be changed. Its ownership mark then names another owner, state or operation
    than the state expects. Or the object has no mark, and the state records another time of creation or none.
    """

    reason: str
    marked: bool = True


class Match(Struct, frozen=True):
    """An upload with the same content as a local file. The upload was found in an adopted vector store: an existing
    store that provision takes over. `live` is the upload, and `store` is the address of the vector store. `means` is a
    text that says how the match was found, for example by an equal digest.

    `unindexed` is true if the vector store could not index the upload, so that the upload must be attached again.
    """

    live: Live
    store: Address
    means: str
    unindexed: bool = False


class Actual(Struct, frozen=True):
    """The live objects that belong to the records of the state, and the live objects that a plan adopts.

    `live` maps each recorded address to its live object. If a recorded address is not in `live`, its object no longer
    exists. If `refreshed` is false, the recorded objects were not read, and the records are used instead. `gone` are
    the types of objects for which the server has no endpoint. `retired` maps ids to live objects that earlier changes
    replaced and that still wait for their deletion. `strangers` maps ids to the objects in `live` and `retired` that
    this state did not create; they are never deleted.

    `as_recorded` maps the addresses of uploaded files and vector stores to the texts of their records, if it was found
    while the live objects were read that they certainly are as recorded. Other objects may be as recorded too.

    `imports` maps addresses to the live objects that the plan adopts, because these addresses have no record. If a file
    in `imports` was found by comparing contents, `matches` maps its address to the `Match`. `listed` maps ids to live
    objects that were found in lists, because a manifest names their ids. `unread` maps ids of objects in `live` to
    their types, if a quick refresh did not read all their parts: `Live.fields` then contains no files, and
    `Live.versions` is None.
    """

    live: Mapping[Address, Live] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    refreshed: bool = True
    retired: Mapping[str, Live] = field(default_factory=dict)
    strangers: Mapping[str, ForeignObject] = field(default_factory=dict)
    as_recorded: Mapping[Address, RecordText] = field(default_factory=dict)
    imports: Mapping[Address, Live] = field(default_factory=dict)
    matches: Mapping[Address, Match] = field(default_factory=dict)
    listed: Mapping[str, Live] = field(default_factory=dict)
    unread: Mapping[str, str] = field(default_factory=dict)

    def renamed(self, moves: Mapping[Address, Address]) -> Actual:
        """Returns a copy in which the live objects of renamed resources are keyed by their new addresses. `moves` maps
        new addresses to old addresses.
        """
        if not moves:
            return self
        live = dict(self.live)
        taken = {new: live.pop(old) for new, old in moves.items() if old in live}
        return replace(self, live={**live, **taken})

    def seen(self) -> frozenset[str]:
        """Returns the ids of the live objects that records of the state name, and of those that earlier changes
        replaced. Objects that the plan adopts are not included.
        """
        return frozenset({live.id for live in self.live.values()} | self.retired.keys())
