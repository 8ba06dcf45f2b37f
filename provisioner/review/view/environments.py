"""Determines the differences between two environments of the project, in the form in which all output formats show
them.
"""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.planning.environments import Comparison
from provisioner.planning.plan import Action, Plan
from provisioner.review.view.difference import Note
from provisioner.review.view.member_differences import FORMER, NEW
from provisioner.review.view.planview import ChangeView, SharedView, view_plan


class Side(Struct, frozen=True):
    """One side of a comparison: an environment of the project, or a release of an assistant. For an environment,
    `serial` is the number of the version of its state, or None if there is no state. For a release, `environment` is
    the name of the release, `ADDRESS@NUMBER`, and `release` is its number.
    """

    environment: str
    serial: int | None = None
    release: int | None = None


class ComparisonView(Struct, frozen=True):
    """Two environments of the project with all their differences.

    `only_first` and `only_second` are the resources that exist in only one of the environments. `different` are the
    resources that exist in both and differ. `shared` contains differences in instructions or tools that several
    assistants use; each is shown only once. `equal` is the number of equal resources. `apart` are the addresses of
    environment templates that cannot be compared, because their assistants are made for different APIs in the two
    environments.
    """

    first: Side
    second: Side
    only_first: tuple[ChangeView, ...]
    only_second: tuple[ChangeView, ...]
    different: tuple[ChangeView, ...]
    shared: tuple[SharedView, ...]
    equal: int
    apart: tuple[Address, ...]
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def differs(self) -> bool:
        """Returns whether at least one resource differs between the two environments of the project."""
        return bool(self.only_first or self.only_second or self.different)

    def groups(self) -> list[tuple[str, tuple[ChangeView, ...]]]:
        """Returns groups of the resources that differ, each with its title. Empty groups are left out."""
        found = [
            (f"Only in {self.first.environment}", self.only_first),
            (f"Only in {self.second.environment}", self.only_second),
            ("Different", self.different),
        ]
        return [(title, views) for title, views in found if views]

    def summary(self) -> str:
        """Returns one line with the number of resources that differ."""
        first, second = self.first.environment, self.second.environment
        if not self.differs:
            return f"{first} and {second} are alike: {_resources(self.equal)}."
        counts = (
            (len(self.only_first), f"only in {first}"),
            (len(self.only_second), f"only in {second}"),
            (len(self.different), "different"),
        )
        parts = [f"{count} {what}" for count, what in counts if count]
        return f"{first} and {second} differ: {', '.join(parts)}, {self.equal} equal."


def view_comparison(
    first: Side, second: Side, comparison: Comparison, diagnostics: tuple[Diagnostic, ...] = ()
) -> ComparisonView:
    """Returns the view of a comparison of two environments of the project, `first` and `second`, with all their
    differences. `diagnostics` are messages about the environments.
    """
    view = view_plan(Plan(comparison.changes))
    changes = [_with_names(each, first.environment, second.environment) for each in view.changes]

    def having(*actions: Action) -> tuple[ChangeView, ...]:
        return tuple(each for each in changes if each.change.action in actions)

    return ComparisonView(
        first,
        second,
        only_first=having(Action.DELETE),
        only_second=having(Action.CREATE),
        different=having(Action.UPDATE, Action.REPLACE),
        shared=view.shared,
        equal=comparison.equal,
        apart=comparison.apart,
        diagnostics=diagnostics,
    )


def _with_names(view: ChangeView, first: str, second: str) -> ChangeView:
    """Returns `view`, the view of a change, for a comparison of two environments of the project. In a plan, a changed
    file has the notes `the former content` and `the new content`. They are replaced by notes with the names of the
    environments, `first` and `second`.
    """
    before, after = Note(f"the content in {first}"), Note(f"the content in {second}")
    named = (
        replace(each, before=before, after=after) if each.before is FORMER and each.after is NEW else each
        for each in view.differences
    )
    return replace(view, differences=tuple(named))


def _resources(count: int) -> str:
    return f"{count:,} resource{'' if count == 1 else 's'}"
