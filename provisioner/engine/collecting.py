"""Deletes unmanaged objects: live objects that no project manages. Chooses the objects, and reads each object again
immediately before its deletion.

The state has no records of these objects, so the deletions are not recorded. After an interruption, the user runs the
command again; deleted objects are no longer listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from msgspec import Struct, field

from provisioner.core.errors import Blocked, ProvisionError
from provisioner.core.objecttype import FILE, TYPES, MarkPlace
from provisioner.engine.guards import refuse_marked
from provisioner.engine.live_objects import complete_live
from provisioner.engine.snapshot import Snapshot
from provisioner.openai_api.collections import Collection
from provisioner.planning.unmanaged import SURVEYED, Selection, Survey, Unmanaged

#: The purposes of files that assistants use. Files with other purposes are not deleted, because it is not known which
#: jobs use them.
PURPOSES = frozenset({"assistants", "user_data", "vision"})


class Candidates(Struct, frozen=True):
    """The unmanaged objects that a filter selects. `chosen` are the objects to delete, in an order in which each object
    comes before the objects that it uses. `kept` are the objects that are not deleted, each with the reason.
    """

    chosen: tuple[Unmanaged, ...]
    kept: tuple[tuple[Unmanaged, str], ...] = ()


class Collected(Struct):
    """The result of deleting the chosen objects. `deleted` are the ids of the objects that no longer exist. `failed`
    contains an error message for each object whose deletion failed. `skipped` contains a reason for each chosen object
    whose deletion was not tried. Both are keyed by the id of the object.
    """

    deleted: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def check_survey(found: Survey, snapshot: Snapshot, owner: str) -> None:
    """Raises Blocked if it is not certain which objects this environment of the project manages: the state is lost, a
    run was interrupted, or none of the recorded objects was found. `found` is the list of the unmanaged objects,
    `snapshot` is the state with its journal, and `owner` is `project/environment`.
    """
    lost = [each.id for each in found.objects if each.owner is not None and each.owner.startswith(f"{owner}/")]
    if snapshot.fresh and lost:
        raise refuse_marked(lost, owner)
    if snapshot.operations:
        raise Blocked(
            "a run was interrupted, and it is not known which objects it made; nothing was deleted",
            hint="`provision apply` finds out and finishes it",
        )
    remote = [record for record in snapshot.state.records.values() if not TYPES[record.type].local]
    if remote and not found.managed:
        raise Blocked(
            f"none of the {len(remote)} recorded objects was found: is this the right key? Nothing was deleted",
            hint="check OPENAI_API_KEY and the project",
        )


def choose(found: Survey, selection: Selection) -> Candidates:
    """Selects unmanaged objects in `found` with the filter `selection`, and decides which of them may be deleted.
    Returns the objects to delete and the objects that are not deleted. If an object is not deleted, the objects that it
    uses are not deleted either.
    """
    selected = [each for each in found.objects if selection.selects(each, found.now)]
    kept = {each.id: reason for each in selected if (reason := _find_reason(each, found)) is not None}
    chosen = {each.id for each in selected if each.id not in kept}
    while used := {each.id: users for each in selected if each.id in chosen and (users := _kept_users(each, chosen))}:
        kept |= {id: _describe_users(users) for id, users in used.items()}
        chosen -= used.keys()
    return Candidates(
        tuple(each for each in selected if each.id in chosen),
        tuple((each, kept[each.id]) for each in selected if each.id in kept),
    )


def delete_chosen(
    collections: Mapping[str, Collection], chosen: Sequence[Unmanaged], *, parallelism: int, stop: Event
) -> Collected:
    """Deletes the objects in `chosen` and returns the result. An object is deleted before the objects that it uses.
    Each object is read again immediately before its deletion. It is not deleted if it has changed since it was listed,
    or if an object that uses it was not deleted.

    An error in one deletion does not stop the other deletions. After `stop` is set, nothing more is deleted.
    """
    collected = Collected()
    remaining: set[str] = {each.id for each in chosen}
    with ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="gc") as pool:
        for type_ in SURVEYED:
            group = [each for each in chosen if each.type == type_]
            list(pool.map(lambda each: _delete(collections[each.type], each, remaining, collected, stop), group))
            remaining.difference_update(collected.deleted)
    return collected


def _delete(collection: Collection, each: Unmanaged, remaining: set[str], collected: Collected, stop: Event) -> None:
    """Deletes the object `each`, and adds to `collected` whether it was deleted, was skipped or failed. It is skipped
    if `stop` is set, if an object in `remaining` uses it, or if it was changed after it was listed. `remaining` are
    the ids of the chosen objects that are not deleted yet.
    """
    users = [user.id for user in each.users if user.id in remaining]
    if stop.is_set():
        collected.skipped[each.id] = "interrupted"
    elif users:
        collected.skipped[each.id] = f"{users[0]} still uses it"
    else:
        try:
            if (reason := _find_difference(collection, each)) is not None:
                collected.skipped[each.id] = reason
                return
            collection.delete(each.id)
        except ProvisionError as error:
            collected.failed[each.id] = error.message
        else:
            collected.deleted.append(each.id)


def _find_difference(collection: Collection, each: Unmanaged) -> str | None:
    """Returns a message if the live object has changed since it was listed as `each`. Returns None if the object is
    unchanged or no longer exists.
    """
    live = collection.retrieve(each.id)
    if live is not None and collection.members is not None and live.status != "expired":
        live = complete_live(collection, live)
    if live is None:
        return None
    if live.fields != each.live.fields or live.created_at != each.live.created_at:
        return "it was changed after it was listed; look at it again"
    return None


def _kept_users(each: Unmanaged, chosen: set[str]) -> list[str]:
    """Returns the names of the objects that use the object `each` and are not deleted. `chosen` are the ids of the
    objects that will be deleted.
    """
    return [str(user) for user in each.users if user.id not in chosen]


def _describe_users(users: Sequence[str]) -> str:
    return f"{users[0]} uses it" if len(users) == 1 else f"{users[0]} and {len(users) - 1} more use it"


def _find_reason(each: Unmanaged, found: Survey) -> str | None:
    """Returns the reason why the unmanaged object `each` must not be deleted, or None if it may be deleted. There are
    three reasons: the object belongs to another owner; it is a file whose purpose is not one of PURPOSES, such as an
    input file of API jobs, and it is not known which jobs use it; or it is a file or skill, and not all objects of
    another environment of the project, which may use it, are known.

    This function does not consider the objects that are known to use `each`; `choose` considers them.
    """
    if each.owner is not None:
        return f"it belongs to {each.owner}"
    purpose = each.live.fields.get("purpose")
    if each.type == FILE.name and purpose not in PURPOSES:
        return f"its purpose is {purpose or 'not known'}, and which jobs use it is not known"
    if found.unread and TYPES[each.type].mark is MarkPlace.NOWHERE:
        return f"environment {next(iter(found.unread))} may use it: not everything that it has is known"
    return None
