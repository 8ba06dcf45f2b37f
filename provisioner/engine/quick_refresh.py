"""Decides which parts of objects a quick refresh reads. Parts are the files of vector stores and the versions of
skills, which the API's lists omit.

A list shows the counts, the size and the status of each vector store, and the newest and the default version of each
skill. If these values are as recorded, the parts count as unchanged and are not read. So some changes by others are not
seen: changed attributes of a file, or a file that was exchanged for a file of the same size. Therefore the parts of an
object are read before the plan changes the object.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.resource import Resource
from provisioner.engine.live_objects import complete_live
from provisioner.engine.member_matching import Matches, match_members, with_matches
from provisioner.engine.reading_pool import reading_pool
from provisioner.openai_api.collections import Collection as ObjectCollection
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual
from provisioner.planning.plan import Action, Change, Plan
from provisioner.state.member_summary import update_summaries
from provisioner.state.records import State

#: The actions before which the parts of an object are read. A create has no object yet. A delete and a forget do not
#: depend on the parts, and an adopted object is always read.
CHANGING = (Action.UPDATE, Action.REPLACE)
#: The parts that are not read, for messages, by the type of the object.
PARTS = {"vector_store": ("vector store", "the files of"), "skill": ("skill", "the versions of")}


def plan_completely(
    collections: Mapping[str, ObjectCollection],
    resources: Sequence[Resource],
    state: State,
    actual: Actual,
    moved: Mapping[Address, Address],
    parallelism: int,
    make: Callable[[Actual], Plan],
) -> tuple[Plan, Actual, list[Diagnostic]]:
    """Returns three values: the plan that `make` makes from the live objects, the live objects that were used, and
    diagnostics about local files that may be uploaded already. Raises ApiError if an API call fails.

    If the plan changes objects whose files or versions a quick refresh did not read, these are read, and the plan is
    made again. `state` has the records under their new addresses; `moved` maps new addresses to old addresses.
    """
    while True:
        matches = Matches()
        if actual.refreshed:
            matches = match_members(collections, resources, state, actual.renamed(moved), parallelism)
        matched = with_matches(actual, matches)
        plan = make(matched)
        ids = find_needed(plan, resources, state, actual)
        if not ids:
            return plan, matched, matches.diagnostics
        actual = read_parts(collections, actual, ids, parallelism)


def find_needed(plan: Plan, resources: Sequence[Resource], state: State, actual: Actual) -> set[str]:
    """Returns the ids of those objects in `actual.unread` whose files or versions must be read. There are two cases.
    The plan changes the object. Or the manifest allows only declared files in a vector store (`exclusive`), and the
    server counts more files than are recorded.
    """
    if not actual.unread:
        return set()
    changed = {change.id for change in plan.changes if change.action in CHANGING}
    found = {id for id in actual.unread if id in changed}
    by_id = {live.id: live for live in actual.live.values()}
    for resource in resources:
        if not resource.lifecycle.exclusive:
            continue  # Nearly all resources are files. Their records need not be converted.
        record = state.records.get(resource.address)
        if record is None or record.id not in actual.unread:
            continue
        summary = by_id[record.id].summary or {}
        if summary["file_counts"]["total"] != len(record.inputs.get("files") or {}):
            found.add(record.id)
    return found


def read_parts(
    collections: Mapping[str, ObjectCollection], actual: Actual, ids: Collection[str], parallelism: int
) -> Actual:
    """Returns a copy of `actual` in which the objects with the ids `ids` have their files and versions, which the API's
    lists omit. An object that was deleted meanwhile is left out.
    """
    chosen = [(address, live) for address, live in actual.live.items() if live.id in ids]
    with reading_pool(parallelism) as pool:
        read = list(pool.map(lambda each: complete_live(collections[actual.unread[each[1].id]], each[1]), chosen))
    live: dict[Address, Live] = dict(actual.live)
    for (address, _), complete in zip(chosen, read, strict=True):
        if complete is None:
            del live[address]
        else:
            live[address] = complete
    was_read = {address for address, _ in chosen}
    return replace(
        actual,
        live=live,
        as_recorded={address: text for address, text in actual.as_recorded.items() if address not in was_read},
        unread={id: type_ for id, type_ in actual.unread.items() if id not in ids},
    )


def record_summaries(state: State, actual: Actual, changes: Iterable[Change]) -> State:
    """Returns a copy of `state` with the present counts, size and status of the vector stores whose files were read.
    Vector stores in `changes` are left out, because these values were recorded when the stores were changed.
    """
    found = {
        live.id: (live.summary, live.fields)
        for live in actual.live.values()
        if live.summary is not None and "files" in live.fields
    }
    return update_summaries(state, found, {change.id for change in changes})


def describe_unread(actual: Actual) -> list[Diagnostic]:
    """Returns a list with one message that says how many vector stores and skills a quick refresh did not read
    completely. The list is empty if all were read completely.
    """
    counts = Counter(actual.unread.values())
    parts = [
        f"{part} {counts[type_]:,} {title}{'' if counts[type_] == 1 else 's'}"
        for type_, (title, part) in PARTS.items()
        if counts[type_]
    ]
    if not parts:
        return []
    message = (
        f"quick refresh: {' and '.join(parts)} were not read, because the lists show them as recorded; changes that "
        "keep counts and sizes, such as other attributes of a file, are not seen; to read everything, use --refresh "
        "full"
    )
    return [Diagnostic("info", message)]
