"""Lists the unmanaged objects: the live objects of the account that this environment of the project does not manage.
Also finds which objects use them.

Each type of objects is read with list calls. The files of each vector store are listed with further calls. No object is
retrieved by its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.errors import ApiError, NotFound
from provisioner.engine.guards import UNSUPPORTED
from provisioner.engine.managed_objects import ManagedObjects, OtherStates
from provisioner.engine.reading_pool import reading_pool
from provisioner.engine.snapshot import Snapshot
from provisioner.openai_api.collections import Collection
from provisioner.openai_api.collections.collection import Live
from provisioner.openai_api.collections.vector_stores import with_members
from provisioner.planning.unmanaged import SURVEYED, Standing, Survey, Unmanaged, User


class Seen(Struct, frozen=True):
    """A live object, and who manages it (`standing`). `name` is the address of the object, the owner in its ownership
    mark, or its display name. `files` are the ids of all files of a vector store.
    """

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
    """Returns all live objects that this environment of the project does not manage. `owner` is `project/environment`,
    and `now` is in seconds since 1970. Raises ApiError if an API call fails.

    Types of objects that the server cannot list are left out; `Survey.missing` maps each such type to the reason.
    """
    standings = ManagedObjects.of(snapshot, owner, others)
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
    """Returns a pair: all live objects, and the reasons why some types of objects cannot be listed. The reasons are
    keyed by the type. Raises ApiError if another API call fails.
    """
    with reading_pool(parallelism) as pool:
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
    """Returns all live objects of one type. If the server cannot list this type, returns a text with the reason. Raises
    ApiError if an API call fails for another reason.
    """
    try:
        return [live for page in collection.pages() for live in page]
    except NotFound:
        return f"the server does not know {collection.declared.plural} (404)"
    except ApiError as error:
        if error.status not in UNSUPPORTED:
            raise
        return f"the server refuses to list {collection.declared.plural}: {error.message}"


def _with_files(collection: Collection, each: Seen) -> Seen:
    """Returns the vector store `each` with its files. Files whose indexing failed are included, because the store still
    contains them. Any other object, and an expired store, is returned unchanged.
    """
    if collection.members is None or each.live.status == "expired":
        return each
    try:
        members = collection.members.list(each.live.id)
    except NotFound:
        return each  # deleted meanwhile
    return replace(each, live=with_members(each.live, members), files=tuple(members))


def _judged(standings: ManagedObjects, collection: Collection, each: Seen) -> Seen:
    standing, name = standings.judge(collection, each.live)
    return replace(each, standing=standing, name=name)


def _users(seen: Iterable[Seen], standings: ManagedObjects) -> dict[str, dict[str, User]]:
    """Returns a mapping from the id of each used object to the objects that use it. These users are keyed by name. A
    user that is both live and recorded occurs once.
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
    """Returns the ids in `known` that occur in `value`, as a text or as a key at any depth. All fields are searched,
    also fields that this version of provision does not know.
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
