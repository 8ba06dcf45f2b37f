"""Determines the differences of a whole plan, in the form in which all output formats show them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresskind import INSTRUCTIONS_KIND, TOOL_KIND
from provisioner.core.objecttype import FILE, TYPES
from provisioner.planning.plan import Action, Change, Drift, Plan
from provisioner.review.view.difference import (
    ABSENT,
    Difference,
    compare,
    compare_digests,
    compare_fields,
    compare_file,
    to_plain,
)
from provisioner.review.view.matching import bounded_view
from provisioner.review.view.member_differences import compare_members
from provisioner.review.view.shared_pieces import Key, Position, find_pieces, leave_out, share
from provisioner.review.view.spelling_between_targets import compare_respelled
from provisioner.review.view.unchanged import find_unchanged

#: The pattern of the paths at which a change of shared instructions or of a shared tool is shown, by the kind.
PATHS = {INSTRUCTIONS_KIND.name: re.compile(r"instructions\Z"), TOOL_KIND.name: re.compile(r"tools\[")}


class ChangeView(Struct, frozen=True):
    """A change of the plan and its differences.

    `respelled` is True if an assistant moves to another API, in which some fields have other names. Then only values
    that exist in both APIs are compared with each other.

    `unchanged` contains the paths of the fields that an adoption (taking over an existing object) does not change,
    because they match the manifest. It is empty for every other action.
    """

    change: Change
    differences: tuple[Difference, ...]
    respelled: bool = False
    unchanged: tuple[str, ...] = ()

    @property
    def compares(self) -> bool:
        """Returns whether the object exists both before and after the change. The differences of such a change are
        always shown.
        """
        return self.change.before is not None and self.change.after is not None


class DriftView(Struct, frozen=True):
    """A change of one field that was made outside of provision. `differences` are the differences between the value
    that the API returned after provision's last write and the live value.
    """

    drift: Drift
    differences: tuple[Difference, ...]


class SharedView(Struct, frozen=True):
    """A change of instructions or tools that several assistants use. The change is shown once, together with the list
    of these assistants.

    `sources` are the addresses of the changed instructions or tools. `addresses` are the addresses of the assistants.
    """

    sources: tuple[str, ...]
    addresses: tuple[Address, ...]
    differences: tuple[Difference, ...]


class PlanView(Struct, frozen=True):
    """A plan with all its differences. `shared` contains the differences that several assistants have because they use
    the same instructions or tools. `changes` contains every change of the plan, without these shared differences.
    `drift` contains the changes that were made outside of provision. `shortened` contains the addresses of resources,
    instructions and tools with shortened texts. Texts are shortened only if the plan is long.
    """

    plan: Plan
    changes: tuple[ChangeView, ...]
    shared: tuple[SharedView, ...]
    drift: tuple[DriftView, ...]
    shortened: tuple[str, ...] = ()


def view_plan(plan: Plan) -> PlanView:
    """Returns the plan with all its differences. If several assistants have the same difference because they use the
    same changed instructions or tools, this difference is in `shared` and is left out of `changes`.
    """
    with bounded_view():
        shared, changes = _share([_view_change(change) for change in plan.changes])
        return PlanView(plan, changes, shared, tuple(map(_view_drift, plan.drift)))


def _view_change(change: Change) -> ChangeView:
    respelled = change.former_type is not None and change.former_type != change.type
    found = compare_respelled(change.before or {}, change.after or {}) if respelled else _differences(change)
    return ChangeView(change, tuple(found), respelled, find_unchanged(change))


def _differences(change: Change) -> Iterator[Difference]:
    before, after = dict(change.before or {}), dict(change.after or {})
    declared = TYPES.get(change.type)
    if change.action is Action.ADOPT and declared is FILE:
        # The API does not say what an upload contains. An adoption changes neither its content nor its name.
        after = {name: value for name, value in after.items() if name in before or name in change.fields}
    if declared is not None and declared.members is not None:
        members = before.pop(declared.members, {}), after.pop(declared.members, {})
        yield from compare_members(declared.members, *members)
    if declared is not None and declared.versions is not None:
        content = declared.versions.content
        yield from compare_digests(content, before.pop(content, None) or {}, after.pop(content, None) or {})
    yield from (compare_file if declared is FILE else compare_fields)(before, after)


def _view_drift(drift: Drift) -> DriftView:
    sides = [ABSENT if side is None else to_plain(side) for side in (drift.recorded, drift.actual)]
    return DriftView(drift, tuple(compare(drift.field, *sides)) if drift.field else ())


def _share(views: Sequence[ChangeView]) -> tuple[tuple[SharedView, ...], tuple[ChangeView, ...]]:
    """Returns two values: the differences that several changes have in common, and the changes without these
    differences. Differences are common if they come from instructions or tools that several assistants use.
    """
    places = [_places(view) for view in views]
    holders: dict[Key, list[int]] = {}
    for index, found in enumerate(places):
        for key in found:
            holders.setdefault(key, []).append(index)
    parts: dict[tuple[tuple[str, ...], tuple[int, ...]], list[Key]] = {}
    taken: dict[int, dict[Key, tuple[str, ...]]] = {}
    groups = {kind: _groups(views, kind) for kind in PATHS}
    known: dict[tuple[str, tuple[int, ...]], list[tuple[tuple[str, ...], tuple[int, ...]]]] = {}
    for key, indices in holders.items():
        case = _kind(key[0]), tuple(indices)
        if case not in known:
            known[case] = list(_attribute(frozenset(indices), groups[case[0]]))
        for part in known[case]:
            parts.setdefault(part, []).append(key)
            for index in part[1]:
                taken.setdefault(index, {})[key] = part[0]
    ordered = sorted(parts.items(), key=lambda item: (-len(item[0][1]), *item[0]))
    shared = [
        SharedView(
            sources,
            tuple(views[index].change.address for index in indices),
            tuple(share([places[index] for index in indices], keys)),
        )
        for (sources, indices), keys in ordered
    ]
    changed = [
        _without(view, places[index], taken[index]) if index in taken else view for index, view in enumerate(views)
    ]
    return tuple(shared), tuple(changed)


def _kind(path: str) -> str:
    """Returns `instructions` if a difference at `path` can come from instructions that several assistants use, and
    `tool` if it can come from a tool that they use. Otherwise, returns an empty text.
    """
    return next((kind for kind, pattern in PATHS.items() if pattern.match(path)), "")


def _groups(views: Sequence[ChangeView], kind: str) -> dict[frozenset[int], tuple[str, ...]]:
    """Returns the changed instructions or tools that are used by several updates in `views`. A key of the result is the
    set of the positions of these updates in `views`. The value contains the addresses of the instructions or tools that
    these updates use. `kind` is `instructions` or `tool`.
    """
    users: dict[str, list[int]] = {}
    for index, view in enumerate(views):
        for source in view.change.sources if view.change.action is Action.UPDATE else ():
            if source.partition(".")[0] == kind:
                users.setdefault(source, []).append(index)
    groups: dict[frozenset[int], tuple[str, ...]] = {}
    for source, indices in sorted(users.items()):
        if len(indices) > 1:
            named = frozenset(indices)
            groups[named] = (*groups.get(named, ()), source)
    return groups


def _attribute(
    holders: frozenset[int], groups: Mapping[frozenset[int], tuple[str, ...]]
) -> Iterator[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Yields pairs that explain a difference which several changes have: the addresses of the instructions or tools
    that cause it, and the positions of the changes in which they cause it. `holders` are the positions of all changes
    that have the difference. `groups` maps sets of positions to the addresses of the instructions or tools that the
    changes at these positions use.

    The first pair contains the instructions or tools that explain the largest number of these changes. The next pair
    explains the largest number of the remaining changes, and so on. If two numbers are equal, the instructions or tools
    that fewer changes use come first.
    """
    left = holders
    while len(left) > 1 and groups:
        users = min(groups, key=lambda users: (-len(left & users), len(users), groups[users]))
        if len(left & users) < 2:
            return
        yield groups[users], tuple(sorted(left & users))
        left -= users


def _places(view: ChangeView) -> dict[Key, Position]:
    """Returns the positions of those pieces of an update's differences that other updates may also contain. A piece is
    a changed block of lines, or a difference in a tool. The result is keyed by the content of the piece.
    """
    if view.change.action is not Action.UPDATE or not view.change.sources:
        return {}
    shareable = (each for each in view.differences if _kind(each.path))
    return {key: place for difference in shareable for key, place in find_pieces(difference)}


def _without(view: ChangeView, places: Mapping[Key, Position], taken: Mapping[Key, tuple[str, ...]]) -> ChangeView:
    """Returns the change without the pieces of its differences in `taken`, which are shown once for several assistants.
    `taken` maps the key of each piece to the addresses of the instructions or tools that cause it; these addresses
    become `shared_with` of the difference. `places` maps the key of each piece to its position.
    """
    gone: dict[str, list[Key]] = {}
    for key in taken:
        gone.setdefault(key[0], []).append(key)
    left = []
    for difference in view.differences:
        keys = gone.get(difference.path)
        if keys:
            text = difference.text and leave_out(difference.text, [places[key] for key in keys])
            sources = sorted({source for key in keys for source in taken[key]})
            difference = replace(difference, text=text, shared_with=tuple(sources))
        left.append(difference)
    return replace(view, differences=tuple(left))
