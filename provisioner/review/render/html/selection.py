"""Groups the changes of a plan by the kind of resource, such as assistant or file, for the HTML page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from provisioner.core.objecttype import ADDRESS_KINDS, OBJECT_KINDS
from provisioner.core.text.visible import on_one_line
from provisioner.review.render.html.changes import Numbered, whole_change
from provisioner.review.render.html.differences import Anchors
from provisioner.review.render.html.element import Markup, element
from provisioner.review.view.planview import PlanView

#: The largest number of changes of a plan for which updates and replaces are unfolded at first.
UNFOLDED = 40


class Group(Struct, frozen=True):
    """The changes of one kind of resource, in the order of the plan. `anchor` is the anchor of the section with these
    changes.
    """

    kind: str
    anchor: str
    changes: tuple[Numbered, ...]

    @property
    def title(self) -> str:
        """Returns the title of the section with the changes of this kind. If the kind is unknown, the title is made
        from its name.
        """
        known = ADDRESS_KINDS.get(self.kind)
        return known.heading if known else on_one_line(self.kind.replace("_", " ").capitalize())


class Selection(Struct, frozen=True):
    """The changes of the plan, grouped by the kind of resource (`groups`). `markup` maps the number of each change to
    its HTML.
    """

    groups: tuple[Group, ...]
    markup: Mapping[int, Markup]

    @property
    def listed(self) -> list[Numbered]:
        """Returns all changes of all groups, in the order of the plan."""
        return sorted((each for group in self.groups for each in group.changes), key=lambda each: each.number)


def select(view: PlanView, anchors: Anchors) -> Selection:
    """Returns all changes of the plan, grouped by kind, with their HTML. No change and no difference of `view` is left
    out, because a plan with missing changes could look harmless.
    """
    numbered = [Numbered(number, each) for number, each in enumerate(view.changes, start=1)]
    unfolded = len(numbered) <= UNFOLDED
    markup = {each.number: whole_change(each, anchors, unfolded=unfolded) for each in numbered}
    return Selection(_by_kind(numbered), markup)


def changes_section(selection: Selection) -> Markup:
    """Returns the section with all changes. It contains one section for each kind of resource."""
    head = element("h2", {"id": "changes-title"}, "Changes")
    sections = [_kind_section(group, selection.markup) for group in selection.groups]
    return element("section", {"id": "changes", "aria-labelledby": "changes-title"}, head, *sections)


def _by_kind(changes: Iterable[Numbered]) -> tuple[Group, ...]:
    """Returns the changes, grouped by the kind of resource. A kind comes before the kinds that it uses. Unknown kinds
    come last.
    """
    groups: dict[str, list[Numbered]] = {kind.name: [] for kind in OBJECT_KINDS}
    for each in changes:
        groups.setdefault(each.change.address.kind, []).append(each)
    found = [(kind, tuple(group)) for kind, group in groups.items() if group]
    return tuple(Group(kind, f"kind-{number}", group) for number, (kind, group) in enumerate(found, start=1))


def _kind_section(group: Group, markup: Mapping[int, Markup]) -> Markup:
    count = element("span", {"class": "count"}, f"{len(group.changes):,}")
    title = element("h3", {"id": group.anchor}, group.title, " ", count)
    parts = [markup[each.number] for each in group.changes]
    return element(
        "section", {"class": "kind", "data-kind": group.kind, "aria-labelledby": group.anchor}, title, *parts
    )
