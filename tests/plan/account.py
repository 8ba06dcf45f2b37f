"""A tiny account in memory, behind the same protocol as the real collections.

It rewrites what it is told as the API does (integers come back as floats, defaults appear, auto chunking reads back
as static), refuses ids that do not exist, and remembers every breach of order: what was deleted while something named
it. A fault strikes at one of its writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any, Literal

from msgspec.structs import replace

from provisioner.core.errors import Ambiguous, Rejected, Unavailable
from provisioner.core.objecttype import TYPES, ObjectType
from provisioner.core.resource import Ref
from provisioner.openai_api.collections import FIELDS
from provisioner.openai_api.collections.collection import Draft, Field, Live, Mark, Member
from provisioner.openai_api.collections.definitions import DefinitionCollection
from provisioner.openai_api.collections.marks import read_mark, write_mark
from provisioner.openai_api.collections.vector_stores import with_members
from provisioner.planning.plan import Unknown

PREFIXES = {
    "file": "file-",
    "vector_store": "vs_",
    "environment_template": "envtpl_",
    "agent": "agent_",
    "assistant": "asst_",
}
AUTO = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
DEFAULTS: dict[str, dict[str, Any]] = {
    "vector_store": {"metadata": {}, "expires_after": None},
    "assistant": {"description": None, "temperature": 1.0, "tools": [], "metadata": {}, "response_format": "auto"},
    "agent": {"tools": [], "metadata": {}, "service_tier": "auto", "reasoning": {"effort": "medium"}},
    "environment_template": {"files": [], "packages": {}},
}
#: What is sent and never read back.
UNREAD = {"file": ("sha256",), "vector_store": ("description",), "environment_template": ("setup_commands",)}

Mode = Literal["refused", "unavailable", "lost", "killed before", "killed after"]


class Killed(BaseException):
    """The process is gone: nothing more is done, written or heard."""


@dataclass(slots=True)
class Fault:
    """What strikes at the write number `step` (from 0)."""

    step: int
    mode: Mode


@dataclass(slots=True)
class Account:
    """Every object by its id, and the members of every store."""

    objects: dict[str, tuple[str, Live]] = field(default_factory=dict)
    members: dict[str, dict[str, Member]] = field(default_factory=dict)
    breaches: list[str] = field(default_factory=list)
    writes: int = 0
    fault: Fault | None = None
    dead: bool = False
    lock: RLock = field(default_factory=RLock)
    _count: int = 0

    def collections(self) -> dict[str, Any]:
        """A collection for every type."""
        return {**{type_: Objects(self, type_) for type_ in PREFIXES}, "definition": DefinitionCollection()}

    def of(self, type_: str) -> dict[str, Live]:
        """The objects of one type, newest first."""
        return {id: live for id, (kind, live) in reversed(self.objects.items()) if kind == type_}

    def new_id(self, type_: str) -> str:
        """An id that was never given before."""
        self._count += 1
        return f"{PREFIXES[type_]}{self._count}"

    def strike(self, *, create: bool) -> Mode | None:
        """Counts a write; raises the fault that strikes before it, returns the one that strikes after it."""
        if self.dead:
            raise Killed
        step, self.writes = self.writes, self.writes + 1
        if self.fault is None or self.fault.step != step:
            return None
        match self.fault.mode:
            case "refused":
                raise Rejected("refused on purpose", status=400)
            case "unavailable":
                raise Unavailable("unavailable on purpose")
            case "killed before":
                self.dead = True
                raise Killed
        return self.fault.mode

    def strike_after(self, mode: Mode | None, *, create: bool) -> None:
        """Raises the fault that strikes after a write was carried out."""
        if mode == "lost":
            raise (Ambiguous if create else Unavailable)("lost on purpose")
        if mode == "killed after":
            self.dead = True
            raise Killed

    def check_names(self, body: Any, who: str) -> None:
        """Remembers every id in `body` that does not exist (any more), and what is no id at all."""
        for value in leaves(body):
            if isinstance(value, Ref | Unknown):
                self.breaches.append(f"{who} was sent {value} instead of an id")
            elif isinstance(value, str) and value.startswith(tuple(PREFIXES.values())) and value not in self.objects:
                self.breaches.append(f"{who} names {value}, which does not exist")

    def check_unused(self, id: str) -> None:
        """Remembers a deletion of something that another object names."""
        users = [other for other, (_, live) in self.objects.items() if other != id and id in leaves(live.fields)]
        users += [store for store, members in self.members.items() if store in self.objects and id in members]
        self.breaches += [f"{id} was deleted while {user} named it" for user in users]


@dataclass(frozen=True, slots=True)
class Objects:
    """The objects of one type, as the engine sees them."""

    account: Account
    type: str
    remote: bool = True

    @property
    def declared(self) -> ObjectType:
        return TYPES[self.type]

    @property
    def title(self) -> str:
        return self.type

    def mark_of(self, live: Live) -> Mark | None:
        return read_mark(self.declared, live)

    @property
    def fields(self) -> Mapping[str, Field]:
        return FIELDS[self.type]

    @property
    def members(self) -> StoreMembers | None:
        return StoreMembers(self.account) if self.type == "vector_store" else None

    def pages(self) -> Iterator[Sequence[Live]]:
        with self.account.lock:
            found = list(self.account.of(self.type).values())
        for start in range(0, max(len(found), 1), 2):
            yield found[start : start + 2]

    def retrieve(self, id: str) -> Live | None:
        with self.account.lock:
            return self.account.of(self.type).get(id)

    def complete(self, live: Live) -> Live:
        with self.account.lock:
            return with_members(live, self.account.members[live.id]) if live.id in self.account.members else live

    def create(self, draft: Draft) -> Live:
        with self.account.lock:
            mode = self.account.strike(create=True)
            body = write_mark(self.declared, draft.body, draft.mark)
            self.account.check_names(body, draft.mark.owner)
            id = self.account.new_id(self.type)
            live = Live(id, {**DEFAULTS.get(self.type, {}), **echoed(body, self.type)}, "completed", created_at=2**40)
            self.account.objects[id] = (self.type, live)
            if self.type == "vector_store":
                self.account.members[id] = {}
            self.account.strike_after(mode, create=True)
            return live

    def update(self, id: str, body: Mapping[str, Any]) -> Live:
        with self.account.lock:
            mode = self.account.strike(create=False)
            self.account.check_names(body, id)
            live = self.account.of(self.type)[id]
            defaults = DEFAULTS.get(self.type, {})
            sent = {
                name: defaults.get(name) if value is None else value for name, value in echoed(body, self.type).items()
            }
            live = replace(live, fields={**live.fields, **sent})
            self.account.objects[id] = (self.type, live)
            self.account.strike_after(mode, create=False)
            return live

    def delete(self, id: str) -> None:
        with self.account.lock:
            mode = self.account.strike(create=False)
            self.account.check_unused(id)
            self.account.objects.pop(id, None)
            self.account.members.pop(id, None)
            self.account.strike_after(mode, create=False)


@dataclass(frozen=True, slots=True)
class StoreMembers:
    """The files of stores."""

    account: Account

    def list(self, store: str) -> dict[str, Member]:
        with self.account.lock:
            return dict(self.account.members[store])

    def attach(self, store: str, members: Sequence[Mapping[str, Any]]) -> None:
        with self.account.lock:
            mode = self.account.strike(create=False)
            for member in members:
                self.account.check_names(member, store)
                self.account.members[store].setdefault(member["file_id"], attached(member))
            self.account.strike_after(mode, create=False)

    def pending(self, store: str) -> set[str]:
        return set()

    def text(self, store: str, file_id: str) -> str | None:
        return None

    def describe(self, store: str, file_id: str, attributes: Mapping[str, Any]) -> None:
        with self.account.lock:
            mode = self.account.strike(create=False)
            member = self.account.members[store][file_id]
            self.account.members[store][file_id] = replace(member, attributes=as_floats(attributes))
            self.account.strike_after(mode, create=False)

    def detach(self, store: str, file_id: str) -> None:
        with self.account.lock:
            mode = self.account.strike(create=False)
            self.account.members[store].pop(file_id, None)
            self.account.strike_after(mode, create=False)


def attached(member: Mapping[str, Any]) -> Member:
    """A member as the API reads it back: auto chunking is static."""
    chunking = member.get("chunking_strategy") or {"type": "auto"}
    return Member(
        member["file_id"], as_floats(member.get("attributes", {})), AUTO if chunking["type"] == "auto" else chunking
    )


def echoed(body: Mapping[str, Any], type_: str) -> dict[str, Any]:
    """A body as the API reads it back: integers are floats, and some fields are never shown."""
    return {name: as_floats(value) for name, value in body.items() if name not in UNREAD.get(type_, ())}


def as_floats(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: as_floats(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_floats(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def leaves(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list | tuple):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]
