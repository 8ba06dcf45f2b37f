"""Vector stores as mappings of files to sizes: as they are wanted, recorded and live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.core.address import Address
from provisioner.core.estimate import Estimate
from provisioner.core.resource import Lifecycle, Ref, Resource
from provisioner.openai_api.collections.collection import Live, Member
from provisioner.openai_api.collections.vector_stores import member_fields, with_members
from provisioner.planning.diff import Actual, make_plan
from provisioner.review.cost import Inventory, estimate, read_prices
from provisioner.state.records import Record, Retired, State

GB = 10**9
NOW = 1_000_000.0

#: Stores by name, and in each the sizes of its files in bytes by name.
Stores = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Story:
    """Stores before and after, and what else there is.

    `usage` says what a file takes up in a store where it is not its size, `strangers` what nobody declared takes up
    there; `raw` are wanted files by id. With `adopts`, what is before is not recorded: the plan adopts it. `silent`
    servers say nothing of usage, or (`files`) nothing of each file's.
    """

    before: Stores = field(default_factory=dict)
    after: Stores = field(default_factory=dict)
    usage: Stores = field(default_factory=dict)
    strangers: Stores = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)
    lifecycle: Lifecycle = field(default_factory=Lifecycle)
    descriptions: tuple[str | None, str | None] = (None, None)
    refreshed: bool = True
    silent: str = ""
    gone: frozenset[str] = frozenset()
    expired: frozenset[str] = frozenset()
    adopted: bool = False
    adopts: bool = False
    retired: tuple[Retired, ...] = ()
    retired_usage: Mapping[str, int] = field(default_factory=dict)
    own: Mapping[str, float] = field(default_factory=dict)

    def estimate(self) -> Estimate | None:
        """What the plan from before to after costs."""
        resources, state, actual = self._resources(), self._state(), self._actual()
        plan = make_plan(resources, state, actual, now=NOW)
        inventory = Inventory(
            state.records, actual.live, actual.refreshed, state.retired, actual.retired, imports=actual.imports
        )
        return estimate(plan, resources, inventory, read_prices(self.own))

    def _resources(self) -> list[Resource]:
        files = {name: size for store in self.after.values() for name, size in store.items()}
        found = [Resource(file(name), "file", upload(name, size)) for name, size in files.items()]
        for name, members in self.after.items():
            wanted: dict[str, Any] = {str(file(each)): {"file_id": Ref(file(each))} for each in members}
            if name in self.raw:
                wanted[self.raw[name]] = {"file_id": self.raw[name]}
            inputs = described({"name": name, "files": wanted}, self.descriptions[1])
            found.append(Resource(store(name), "vector_store", inputs, lifecycle=self.lifecycle))
        return found

    def _state(self) -> State:
        if self.adopts:
            return State("lineage")
        files = {name: size for store in self.before.values() for name, size in store.items()}
        records = [Record(file(name), "file", id_of(name, size), upload(name, size)) for name, size in files.items()]
        for name, members in self.before.items():
            sent = {str(file(each)): {"file_id": id_of(each, size)} for each, size in members.items()}
            inputs = described({"name": name, "files": sent}, self.descriptions[0])
            echo = self._live(name).fields
            records.append(Record(store(name), "vector_store", f"vs_{name}", inputs, echo, adopted=self.adopted))
        return State("lineage", records={record.address: record for record in records}, retired=self.retired)

    def _actual(self) -> Actual:
        if not self.refreshed:
            return Actual(refreshed=False)
        live = {store(name): self._live(name) for name in self.before if name not in self.gone}
        for members in self.before.values():
            for name, size in members.items():
                live[file(name)] = Live(id_of(name, size), {"filename": name, "bytes": size})
        retired = {id: Live(id, {}, usage_bytes=usage) for id, usage in self.retired_usage.items()}
        return Actual(imports=live) if self.adopts else Actual(live, retired=retired)

    def _live(self, name: str) -> Live:
        usage = {id_of(each, size): size for each, size in self.before[name].items()}
        usage |= {id_of(each, self.before[name][each]): taken for each, taken in self.usage.get(name, {}).items()}
        usage |= self.strangers.get(name, {})
        fields = {"name": name}
        if name in self.expired:
            return Live(f"vs_{name}", fields, "expired", usage_bytes=0)
        members = {id: Member(id, usage_bytes=None if self.silent else taken) for id, taken in usage.items()}
        total = None if self.silent == "all" else sum(usage.values())
        live = with_members(Live(f"vs_{name}", fields, "completed", usage_bytes=total), members)
        assert live.fields["files"] == {id: member_fields(member) for id, member in members.items()}
        return live


def lines(estimate: Estimate | None) -> dict[str, tuple[int, int]]:
    """What each store takes up before and after; a retired one is called `x, retired`."""
    assert estimate is not None
    called = [f"{each.address.removeprefix('vector_store.')}{', retired' * each.retired}" for each in estimate.stores]
    assert len(set(called)) == len(called)
    return {name: (e.bytes_before, e.bytes_after) for name, e in zip(called, estimate.stores, strict=True)}


def upload(name: str, size: int) -> dict[str, Any]:
    return {"sha256": f"{size:064x}", "bytes": size, "filename": name, "purpose": "assistants"}


def described(inputs: dict[str, Any], description: str | None) -> dict[str, Any]:
    """With a description, which cannot be changed: another one replaces the store."""
    return inputs if description is None else {**inputs, "description": description}


def id_of(name: str, size: int) -> str:
    return f"file-{name}{size}"


def file(name: str) -> Address:
    return Address("file", name)


def store(name: str) -> Address:
    return Address("vector_store", name)
