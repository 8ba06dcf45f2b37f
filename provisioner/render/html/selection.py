"""Which changes a page shows, and how much of each: what is most important keeps most room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from provisioner.plan import Action
from provisioner.render.html.changes import Numbered, bare_change, whole_change
from provisioner.render.html.differences import Anchors
from provisioner.render.html.element import NOTHING, Markup, element
from provisioner.render.html.room import LETTERS, WHERE, Budget, counted
from provisioner.view.planview import PlanView
from provisioner.view.visible import on_one_line

#: What each kind is called, in the order in which they are shown.
TITLES = {
    "assistant": "Assistants",
    "environment": "Environments",
    "vector_store": "Vector stores",
    "file": "Files",
}
#: What is kept whole first: what takes away or changes what is there.
IMPORTANCE = {
    **dict.fromkeys((Action.REPLACE, Action.DELETE, Action.UPDATE), 0),
    **dict.fromkeys((Action.FORGET, Action.ADOPT, Action.NO_OP), 1),
    Action.CREATE: 2,
}
#: Changes of what is there are unfolded where a plan has no more changes than this.
UNFOLDED = 40
#: Bytes that a change may take while there are any, by its importance, even where its share is smaller.
BYTES = (30_000, 8_000, 4_000)
#: The fewest letters of a change that are worth being shown.
FEWEST = 400


@dataclass(frozen=True, slots=True)
class Group:
    """The changes of one kind that are listed, in the plan's order. `anchor` is the section's id."""

    kind: str
    anchor: str
    changes: tuple[Numbered, ...]

    @property
    def title(self) -> str:
        """What the section is called."""
        return TITLES.get(self.kind, on_one_line(self.kind.replace("_", " ").capitalize()))


@dataclass(frozen=True, slots=True)
class Selection:
    """What is listed, by kind, and its markup by number; how many are listed without their fields, and how many not."""

    groups: tuple[Group, ...]
    markup: Mapping[int, Markup]
    bare: int
    unlisted: int

    @property
    def listed(self) -> list[Numbered]:
        """All changes that are listed, in the plan's order."""
        return sorted((each for group in self.groups for each in group.changes), key=lambda each: each.number)


def select(view: PlanView, anchors: Anchors, budget: Budget) -> Selection:
    """All changes by their addresses, as far as these fit, and then the fields of as many as there is room for."""
    numbered = [Numbered(number, each) for number, each in enumerate(view.changes, start=1)]
    ordered = sorted(numbered, key=lambda each: IMPORTANCE[each.change.action])
    listed = {each.number: bare for each in ordered if budget.take(bare := bare_change(each))}
    whole = _choose([each for each in ordered if each.number in listed], anchors, budget)
    groups = _by_kind(each for each in numbered if each.number in listed)
    return Selection(groups, {**listed, **whole}, len(listed) - len(whole), len(numbered) - len(listed))


def changes_section(selection: Selection) -> Markup:
    """The changes, in sections by kind."""
    notes = []
    if selection.bare:
        notes.append(_note(selection.bare, "listed by address only"))
    if selection.unlisted:
        notes.append(_note(selection.unlisted, "not listed"))
    head = element("h2", {"id": "changes-title"}, "Changes")
    sections = [_kind_section(group, selection.markup) for group in selection.groups]
    return element("section", {"id": "changes", "aria-labelledby": "changes-title"}, head, *notes, *sections)


def _by_kind(changes: Iterable[Numbered]) -> tuple[Group, ...]:
    """Assistants first, kinds that are not known here last."""
    groups: dict[str, list[Numbered]] = {kind: [] for kind in TITLES}
    for each in changes:
        groups.setdefault(each.change.address.kind, []).append(each)
    found = [(kind, tuple(group)) for kind, group in groups.items() if group]
    return tuple(Group(kind, f"kind-{number}", group) for number, (kind, group) in enumerate(found, start=1))


def _note(count: int, what: str) -> Markup:
    head = f"This plan is large: {counted(count, 'change')} {'is' if count == 1 else 'are'} {what}; "
    return element("p", {"class": "left-out"}, head, element("code", None, WHERE), " has all of them whole.")


def _kind_section(group: Group, markup: Mapping[int, Markup]) -> Markup:
    count = element("span", {"class": "count"}, f"{len(group.changes):,}")
    title = element("h3", {"id": group.anchor}, group.title, " ", count)
    parts = [markup[each.number] for each in group.changes]
    return element(
        "section", {"class": "kind", "data-kind": group.kind, "aria-labelledby": group.anchor}, title, *parts
    )


def _choose(ordered: Sequence[Numbered], anchors: Anchors, budget: Budget) -> dict[int, Markup]:
    """The changes that are shown with their fields, by number. The budget has paid for their addresses already."""
    whole: dict[int, Markup] = {}
    unfolded = len(ordered) <= UNFOLDED
    for position, each in enumerate(ordered):
        share = budget.left // (len(ordered) - position)
        most = min(max(share, BYTES[IMPORTANCE[each.change.action]]), budget.left)
        markup = _fit(each, anchors, most, unfolded=unfolded)
        if markup:
            whole[each.number] = markup
            budget.take(markup)
        elif most == budget.left:
            break
    return whole


def _fit(each: Numbered, anchors: Anchors, most: int, *, unfolded: bool) -> Markup:
    """The change whole, or as much of it as `most` bytes hold, or nothing."""
    for letters in (LETTERS, most // 3, FEWEST):
        markup = whole_change(each, anchors, min(letters, LETTERS), unfolded=unfolded)
        if len(markup.encode()) <= most:
            return markup
    return NOTHING
