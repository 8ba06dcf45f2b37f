"""Joins the changes of many files into one line of a plan's text, if the files belong to the same vector stores or
tools. The line contains the number of changes for each action.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from provisioner.core.address import Address
from provisioner.core.addresskind import FILE_KIND
from provisioner.core.objecttype import TYPES
from provisioner.planning.plan import Action, Change
from provisioner.planning.reason import Reason, ReasonCode
from provisioner.review.render.style import GRAVEST
from provisioner.review.render.units import plural, size
from provisioner.review.view.difference import Difference
from provisioner.review.view.member_differences import count_members
from provisioner.review.view.planview import ChangeView

#: The largest number of changed files of one vector store that are shown separately. More of them become one line.
MOST_FILES = 10
#: The largest number of different reasons that are shown for a group of files.
MOST_REASONS = 5
#: The usual reason of a create, which is not displayed.
NEW = Reason(ReasonCode.NEW)
#: The hint that says which option shows each file.
UNFOLD = "-v lists each"


def reasons_of(change: Change) -> tuple[str, ...]:
    """Returns the reasons of a change as texts. The result is empty if the resource is created and the only reason is
    that it is new.
    """
    return () if change.action is Action.CREATE and change.reasons == (NEW,) else tuple(map(str, change.reasons))


class FileGroup(Struct, frozen=True):
    """The changes of several files that the same vector stores or tools use, in the order of the plan. `users` are the
    addresses of these vector stores or tools.
    """

    users: tuple[Address, ...]
    changes: tuple[Change, ...]

    def counts(self) -> list[tuple[Action, int]]:
        """Returns a pair for each action that occurs in the group: the action, and the number of changes with this
        action.
        """
        found = Counter(change.action for change in self.changes)
        return [(action, found[action]) for action in Action if action in found]

    @property
    def most_severe(self) -> Action:
        """Returns the most severe action in this group of files. The line that shows the group begins with the sign of
        this action.
        """
        found = {change.action for change in self.changes}
        return next(action for action in GRAVEST if action in found)

    def name(self) -> str:
        """Returns a text that names the group, such as `31 files of vector_store.docs`. If a file has two changes, it
        is counted once.
        """
        files = len({change.address for change in self.changes})
        return f"{plural(files, 'file')} of {', '.join(map(str, self.users))}"

    def counts_text(self) -> str:
        """Returns a text with the number of changes for each action, the number of moved files, and the total size. An
        example is `29 create, 2 moved (95.7 kB in all; …)`.
        """
        parts = [f"{count} {action.value}" for action, count in self.counts()]
        moved = sum(change.moved_from is not None for change in self.changes)
        parts += [f"{moved} moved"] if moved else []
        sizes = [(change.after or change.before or {}).get("bytes") for change in self.changes]
        known = [each for each in sizes if isinstance(each, int)]
        whole = f"{size(sum(known))} in all; " if known else ""
        return f"{', '.join(parts)} ({whole}{UNFOLD})"

    def reasons(self) -> list[str]:
        """Returns the reasons of the changes as texts, each with the number of changes that have this reason. The most
        frequent reasons come first. If there are more than MOST_REASONS reasons, the last text says how many are left
        out.
        """
        found = Counter(reason for change in self.changes for reason in _general_reasons(change))
        named = sorted(found.items(), key=lambda item: (-item[1], item[0]))
        shown = [f"{reason} ({count})" for reason, count in named[:MOST_REASONS]]
        return shown + (
            [f"and {plural(len(named) - MOST_REASONS, 'other reason')}"] if len(named) > MOST_REASONS else []
        )


def _general_reasons(change: Change) -> Iterator[str]:
    """Yields the reasons of a change as texts. In the reasons of an adoption, the id of the object is replaced by `the
    upload`. So the reasons of many files are equal and can be counted.
    """
    for reason in reasons_of(change):
        yield reason.replace(change.id, "the upload") if change.action is Action.ADOPT and change.id else reason


def group_files(
    views: Sequence[ChangeView], needs: Mapping[Address, Sequence[Address]]
) -> Iterator[ChangeView | FileGroup]:
    """Yields the changes in the order of the plan. If more than MOST_FILES files are used by the same resources, a
    FileGroup takes the place of their changes. `needs` maps the address of each resource to the addresses of the
    resources that it needs.
    """
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
    """Returns two values for a change of a vector store: a line with the numbers of its attached, detached and
    otherwise changed files, and the differences that do not concern files. If at most MOST_FILES files change, the line
    is empty, and all differences are returned.
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
