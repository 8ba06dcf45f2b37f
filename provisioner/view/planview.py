"""A plan as people see it. Every renderer gives the same data its own form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from provisioner.address import Address
from provisioner.plan import Action, Change, Drift, Plan
from provisioner.view.difference import ABSENT, Difference, compare, compare_fields, to_plain
from provisioner.view.members import compare_members
from provisioner.view.prose import Hunk, TextDifference
from provisioner.view.respelling import compare_respelled


@dataclass(frozen=True, slots=True)
class ChangeView:
    """A change and its leaves. `respelled`: two APIs spell it in two ways, and only what both say is compared."""

    change: Change
    differences: tuple[Difference, ...]
    respelled: bool = False


@dataclass(frozen=True, slots=True)
class DriftView:
    """What others changed in one field, leaf by leaf; from what we wrote last to what is live."""

    drift: Drift
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class SharedView:
    """What changed in instructions or tools that several assistants use: shown once, with those that it touches."""

    sources: tuple[str, ...]
    addresses: tuple[Address, ...]
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class PlanView:
    """The whole plan."""

    plan: Plan
    changes: tuple[ChangeView, ...]
    shared: tuple[SharedView, ...]
    drift: tuple[DriftView, ...]


def view_plan(plan: Plan) -> PlanView:
    """Everything that differs, and what is shared of it."""
    shared, changes = _share([_view_change(change) for change in plan.changes])
    return PlanView(plan, changes, shared, tuple(map(_view_drift, plan.drift)))


def _view_change(change: Change) -> ChangeView:
    respelled = change.former_type is not None and change.former_type != change.type
    found = compare_respelled(change.before or {}, change.after or {}) if respelled else _differences(change)
    return ChangeView(change, tuple(found), respelled)


def _differences(change: Change) -> Iterator[Difference]:
    before, after = dict(change.before or {}), dict(change.after or {})
    if change.type == "vector_store":
        members = before.pop("files", {}), after.pop("files", {})
        yield from compare_members("files", *members)
    yield from compare_fields(before, after)


def _view_drift(drift: Drift) -> DriftView:
    sides = [ABSENT if side is None else to_plain(side) for side in (drift.recorded, drift.actual)]
    return DriftView(drift, tuple(compare(drift.field, *sides)) if drift.field else ())


def _share(views: Sequence[ChangeView]) -> tuple[tuple[SharedView, ...], tuple[ChangeView, ...]]:
    """Takes out of the changes what several of them have in common because a source of theirs changed."""
    users: dict[str, list[int]] = {}
    for index, view in enumerate(views):
        for source in view.change.sources if view.change.action is Action.UPDATE else ():
            users.setdefault(source, []).append(index)
    found: list[SharedView] = []
    changed = list(views)
    for sources, indices in _groups(users):
        common = _common([changed[index] for index in indices])
        if common:
            found.append(SharedView(sources, tuple(views[index].change.address for index in indices), tuple(common)))
            for index in indices:
                changed[index] = _without(changed[index], common, sources)
    return tuple(found), tuple(changed)


def _groups(users: Mapping[str, Sequence[int]]) -> Iterable[tuple[tuple[str, ...], Sequence[int]]]:
    """Sources that the same changes name, together; those of most changes first."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for source, indices in users.items():
        if len(indices) > 1:
            groups.setdefault(tuple(indices), []).append(source)
    ordered = sorted(groups.items(), key=lambda item: (-len(item[0]), item[1]))
    return [(tuple(sorted(sources)), indices) for indices, sources in ordered]


def _common(views: Sequence[ChangeView]) -> list[Difference]:
    """What all of them have: hunks of their texts, wherever these stand, and equal leaves of their tools."""
    first, *others = ({each.path: each for each in view.differences} for view in views)
    common: list[Difference] = []
    for path, difference in first.items():
        rest = [other.get(path) for other in others]
        if difference.text is not None:
            hunks = _common_hunks(difference.text, [other.text if other else None for other in rest])
            if hunks:
                common.append(replace(difference, text=replace(difference.text, hunks=hunks)))
        elif path.startswith("tools[") and all(other == difference for other in rest):
            common.append(difference)
    return common


def _common_hunks(text: TextDifference, others: Sequence[TextDifference | None]) -> tuple[Hunk, ...]:
    keys = [{hunk.key() for hunk in other.hunks} if other else set() for other in others]
    return tuple(hunk for hunk in text.hunks if all(hunk.key() in known for known in keys))


def _without(view: ChangeView, common: Sequence[Difference], sources: tuple[str, ...]) -> ChangeView:
    """The change, with what is shown elsewhere left out and where it is shown said."""
    taken = {each.path: each for each in common}
    left: list[Difference] = []
    for difference in view.differences:
        other = taken.get(difference.path)
        if other is None:
            left.append(difference)
            continue
        hunks: tuple[Hunk, ...] = ()
        if difference.text is not None and other.text is not None:
            known = {hunk.key() for hunk in other.text.hunks}
            hunks = tuple(hunk for hunk in difference.text.hunks if hunk.key() not in known)
        text = None if difference.text is None else replace(difference.text, hunks=hunks)
        left.append(replace(difference, text=text, shared_with=(*difference.shared_with, *sources)))
    return replace(view, differences=tuple(left))
