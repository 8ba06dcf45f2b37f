"""Deletes objects that nobody manages: chooses them, and reads each of them again before it is deleted.

Nothing is recorded, because the state knows nothing of these objects. An interrupted run is continued by running the
command again: what is deleted already is no longer listed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

from provisioner.core.errors import Blocked, ProvisionError
from provisioner.core.objecttype import FILE, TYPES, MarkPlace
from provisioner.engine.guards import refuse_marked
from provisioner.engine.refresh import complete_live
from provisioner.engine.snapshot import Snapshot
from provisioner.openai_api.collections import Collection
from provisioner.planning.unmanaged import SURVEYED, Selection, Survey, Unmanaged

#: The purposes of files that assistants use. Which jobs use files of other purposes is not known.
PURPOSES = frozenset({"assistants", "user_data", "vision"})


@dataclass(frozen=True, slots=True)
class Candidates:
    """The objects that are to be deleted, users before what they use, and those that the filter selects too but that
    are kept, each with the reason.
    """

    chosen: tuple[Unmanaged, ...]
    kept: tuple[tuple[Unmanaged, str], ...] = ()


@dataclass(slots=True)
class Collected:
    """What became of the chosen objects: the ids of those that exist no longer, and why others were not deleted."""

    deleted: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)


def check_survey(found: Survey, snapshot: Snapshot, owner: str) -> None:
    """Raises Blocked if it is not certain which objects this environment manages: its state is lost, a run was
    interrupted, or none of the recorded objects was found.
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
    """Returns which of the selected objects can be deleted. An object that another one uses is kept, unless that one is
    deleted too.
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
    """Deletes the objects, users before what they use. Each is read again first, and kept if it is not as it was shown.

    An object whose user could not be deleted is kept. An error of one object does not stop the others.
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
    """Deletes one object, and adds to `collected` what became of it."""
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
    """Returns why a live object is not the one that was shown; None if it is, or if it exists no longer."""
    live = collection.retrieve(each.id)
    if live is not None and collection.members is not None and live.status != "expired":
        live = complete_live(collection, live)
    if live is None:
        return None
    if live.fields != each.live.fields or live.created_at != each.live.created_at:
        return "it was changed after it was listed; look at it again"
    return None


def _kept_users(each: Unmanaged, chosen: set[str]) -> list[str]:
    """Returns what uses an object and is not deleted."""
    return [str(user) for user in each.users if user.id not in chosen]


def _describe_users(users: Sequence[str]) -> str:
    return f"{users[0]} uses it" if len(users) == 1 else f"{users[0]} and {len(users) - 1} more use it"


def _find_reason(each: Unmanaged, found: Survey) -> str | None:
    """Returns why an object is kept although the filter selects it, apart from what uses it."""
    if each.owner is not None:
        return f"it belongs to {each.owner}"
    purpose = each.live.fields.get("purpose")
    if each.type == FILE.name and purpose not in PURPOSES:
        return f"its purpose is {purpose or 'not known'}, and which jobs use it is not known"
    if found.unread and TYPES[each.type].mark is MarkPlace.NOWHERE:
        return f"environment {next(iter(found.unread))} may use it: the state of that one cannot be read"
    return None
