"""Lists the live objects of the account that no record names, and finds out what uses each of them.

Lists are read, and no object is retrieved. Only the files of vector stores need a list of their own for each store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from provisioner.core.errors import ApiError, NotFound
from provisioner.engine.rebuild import UNSUPPORTED
from provisioner.engine.snapshot import Snapshot
from provisioner.engine.standing import OtherStates, Standings
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live
from provisioner.openai_api.collections.vector_stores import with_members
from provisioner.planning.unmanaged import SURVEYED, Standing, Survey, Unmanaged, User


@dataclass(frozen=True, slots=True)
class Seen:
    """A live object, and who manages it. `files` are the ids of all files of a vector store."""

    type: str
    live: Live
    standing: Standing = Standing.NOBODY
    name: str = ""
    files: tuple[str, ...] = ()


def survey(
    collections: Mapping[str, Collection],
    snapshot: Snapshot,
    owner: str,
    others: OtherStates,
    *,
    parallelism: int,
    now: float,
) -> Survey:
    """Returns all live objects that this environment does not manage. `owner` is project/environment. Raises ApiError.

    A type that the server does not have is left out, and `Survey.missing` says why.
    """
    standings = Standings.of(snapshot, owner, others)
    found, missing = _read(collections, parallelism)
    seen = [_judged(standings, collections[each.type], each) for each in found]
    users = _users(seen, standings)
    objects = tuple(
        Unmanaged(
            each.type,
            each.live,
            each.name if each.standing is Standing.OTHERS else None,
            tuple(users.get(each.live.id, {}).values()),
        )
        for each in sorted(seen, key=lambda each: (SURVEYED.index(each.type), each.live.created_at, each.live.id))
        if each.standing is not Standing.MANAGED
    )
    stored = sum(each.live.usage_bytes or 0 for each in seen)
    return Survey(objects, now, missing, others.unread, stored, managed=len(seen) - len(objects))


def _read(collections: Mapping[str, Collection], parallelism: int) -> tuple[list[Seen], dict[str, str]]:
    """Returns all live objects, and for each type that the server does not list, why not. Raises ApiError."""
    with ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="survey") as pool:
        lists = list(pool.map(lambda type_: _list(collections[type_]), SURVEYED))
        seen = [
            Seen(type_, live)
            for type_, listed in zip(SURVEYED, lists, strict=True)
            if not isinstance(listed, str)
            for live in {live.id: live for live in listed}.values()
        ]
        seen = list(pool.map(lambda each: _with_files(collections[each.type], each), seen))
    return seen, {type_: listed for type_, listed in zip(SURVEYED, lists, strict=True) if isinstance(listed, str)}


def _list(collection: Collection) -> list[Live] | str:
    """Returns all objects of a type, or why the server does not list them. Raises ApiError."""
    try:
        return [live for page in collection.pages() for live in page]
    except NotFound:
        return f"the server does not know {collection.declared.plural} (404)"
    except ApiError as error:
        if error.status not in UNSUPPORTED:
            raise
        return f"the server refuses to list {collection.declared.plural}: {error.message}"


def _with_files(collection: Collection, each: Seen) -> Seen:
    """Returns a vector store with its files, and any other object unchanged. An expired store holds nothing. Files
    whose indexing failed are among the ids, because the store still names them.
    """
    if collection.members is None or each.live.status == "expired":
        return each
    try:
        members = collection.members.list(each.live.id)
    except NotFound:
        return each  # deleted meanwhile
    return replace(each, live=with_members(each.live, members), files=tuple(members))


def _judged(standings: Standings, collection: Collection, each: Seen) -> Seen:
    standing, name = standings.judge(collection, each.live)
    return replace(each, standing=standing, name=name)


def _users(seen: Iterable[Seen], standings: Standings) -> dict[str, dict[str, User]]:
    """Returns the users of each object: by its id, and then by what the user is called. A recorded use and the live use
    of the same object are one.
    """
    seen = list(seen)
    known = {each.live.id for each in seen}
    users: dict[str, dict[str, User]] = {}
    for each in seen:
        user = User(each.type, each.live.id, each.name, each.standing)
        for id in (ids_in(each.live.fields, known) | (known & set(each.files))) - {each.live.id}:
            users.setdefault(id, {})[str(user)] = user
    for user, values in standings.recorded_users():
        for id in ids_in(values, known) - {user.id}:
            users.setdefault(id, {}).setdefault(str(user), user)
    return users


def ids_in(value: Any, known: set[str]) -> set[str]:
    """Returns which of the ids in `known` are values or keys inside of `value`: in fields that this version does not
    know, too.
    """
    found: set[str] = set()
    waiting: list[Any] = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, str):
            if each in known:
                found.add(each)
        elif isinstance(each, Mapping):
            waiting += each.keys()
            waiting += each.values()
        elif isinstance(each, list | tuple):
            waiting += each
    return found
