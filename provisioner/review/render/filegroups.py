"""Groups many changed files of one store into one line of a plan's text, with the number of each action."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE_KIND, TYPES
from provisioner.planning.plan import Action, Change
from provisioner.planning.reason import Reason, ReasonCode
from provisioner.review.render.style import GRAVEST
from provisioner.review.render.units import plural, size
from provisioner.review.view.difference import Difference
from provisioner.review.view.member_differences import count_members
from provisioner.review.view.planview import ChangeView

#: More changed files of one store, or members of one store, than this become one line.
MOST_FILES = 10
#: The most different reasons of a group that are shown.
MOST_REASONS = 5
#: The reason of a usual create, which is not displayed.
NEW = Reason(ReasonCode.NEW)
#: The hint how to see each file.
UNFOLD = "-v lists each"


def reasons_of(change: Change) -> tuple[str, ...]:
    """Returns the reasons as text; empty for a usual create."""
    return () if change.action is Action.CREATE and change.reasons == (NEW,) else tuple(map(str, change.reasons))


@dataclass(frozen=True, slots=True)
class FileGroup:
    """Several changes of files that have the same users (stores or tools), in the plan's order."""

    users: tuple[Address, ...]
    changes: tuple[Change, ...]

    def counts(self) -> list[tuple[Action, int]]:
        """Returns the number of changes of each action, without actions that do not occur."""
        found = Counter(change.action for change in self.changes)
        return [(action, found[action]) for action in Action if action in found]

    @property
    def gravest(self) -> Action:
        """The most severe action, whose sign is before the line."""
        found = {change.action for change in self.changes}
        return next(action for action in GRAVEST if action in found)

    def name(self) -> str:
        """The description of the group: 31 files of vector_store.docs. A file with two changes counts once."""
        files = len({change.address for change in self.changes})
        return f"{plural(files, 'file')} of {', '.join(map(str, self.users))}"

    def counts_text(self) -> str:
        """The counts as text: 29 create, 2 delete, 2 moved (95.7 kB)."""
        parts = [f"{count} {action.value}" for action, count in self.counts()]
        moved = sum(change.moved_from is not None for change in self.changes)
        parts += [f"{moved} moved"] if moved else []
        sizes = [(change.after or change.before or {}).get("bytes") for change in self.changes]
        known = [each for each in sizes if isinstance(each, int)]
        whole = f"{size(sum(known))} in all; " if known else ""
        return f"{', '.join(parts)} ({whole}{UNFOLD})"

    def reasons(self) -> list[str]:
        """The reasons, each with the number of its changes; the most frequent first."""
        found = Counter(reason for change in self.changes for reason in reasons_of(change))
        named = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        shown = [f"{reason} ({count})" for reason, count in named[:MOST_REASONS]]
        return shown + (
            [f"and {plural(len(named) - MOST_REASONS, 'other reason')}"] if len(named) > MOST_REASONS else []
        )


def group_files(
    views: Sequence[ChangeView], needs: Mapping[Address, Sequence[Address]]
) -> Iterator[ChangeView | FileGroup]:
    """Yields the changes in order. More than MOST_FILES files with the same users become one group."""
    users: dict[Address, list[Address]] = {}
    for user, needed in needs.items():
        for address in needed:
            if address.kind == FILE_KIND.name:
                users.setdefault(address, []).append(user)
    groups: dict[tuple[Address, ...], list[Change]] = {}
    for view in views:
        if names := tuple(users.get(view.change.address, ())):
            groups.setdefault(names, []).append(view.change)
    done: set[tuple[Address, ...]] = set()
    for view in views:
        names = tuple(users.get(view.change.address, ()))
        if len(groups.get(names, ())) <= MOST_FILES:
            yield view
        elif names not in done:
            done.add(names)
            yield FileGroup(names, tuple(groups[names]))


def fold_members(view: ChangeView) -> tuple[str, tuple[Difference, ...]]:
    """Returns the changes of a store's members as one line, and the other differences. There is no line if they are
    few.
    """
    change = view.change
    declared = TYPES.get(change.type)
    if declared is None or declared.members is None:
        return "", view.differences
    field = declared.members
    sides = ((side or {}).get(field) for side in (change.before, change.after))
    counts = count_members(*(side if isinstance(side, Mapping) else {} for side in sides))
    if sum(counts.values()) <= MOST_FILES:
        return "", view.differences
    parts = [f"{count} {name}" for name, count in counts.items() if count]
    rest = tuple(each for each in view.differences if not each.path.startswith(f"{field}["))
    return f"{field}: {', '.join(parts)} ({UNFOLD})", rest
