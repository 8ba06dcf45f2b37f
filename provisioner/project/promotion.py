"""Compares two environments of one project: the resources that were applied last in each of them. Also compares a plan
for one environment of the project with the resources that were applied last in another environment.

The state of each environment is read from its own backend and with its own keys. No API is called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import Blocked, UsageError
from provisioner.core.resource import Resource
from provisioner.core.target_names import TARGET_OF
from provisioner.core.text.safetext import lines
from provisioner.engine.snapshot import read_checked
from provisioner.manifest import Settings
from provisioner.planning.environments import (
    Comparison,
    Definitions,
    Exceptions,
    compare_environments,
    desired_definitions,
    recorded_definitions,
)
from provisioner.planning.plan import Action
from provisioner.project.command_options import Choice
from provisioner.project.settings import open_settings
from provisioner.review.render.difference import difference_rows
from provisioner.review.view.environments import ComparisonView, Side, view_comparison
from provisioner.review.view.planview import ChangeView
from provisioner.state.records import State


class Applied(Struct, frozen=True):
    """The result of the last apply in one environment of the project. `place` is the location of its state. `state` is
    None if nothing was applied yet. `interrupted` is True if the journal contains operations of a run that did not end.
    """

    settings: Settings
    place: str
    state: State | None
    interrupted: bool = False
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def side(self) -> Side:
        """Returns the data that name this environment in a comparison: its name, and the serial number of its state
        (None if nothing was applied yet).
        """
        return Side(self.settings.environment, self.state.serial if self.state else None)

    def definitions(self) -> Definitions:
        """Returns the type and the sent fields of each object that the state records, keyed by the address of the
        object. In these fields, the ids of other objects are replaced by addresses, because ids differ between
        environments of the project. The result is empty if nothing was applied yet.
        """
        return recorded_definitions(self.state) if self.state else {}


def read_applied(choice: Choice, environment: str) -> Applied:
    """Returns the result of the last apply in the environment `environment` of the project. Raises UsageError if no
    project is found, and InvalidManifest if the project does not declare the environment. Raises StateError if the
    state cannot be read, and Blocked if the state is not the last written state.
    """
    with open_settings(replace(choice, environment=environment)) as opened:
        snapshot, notes = read_checked(opened.backend, opened.identity)
        state = None if snapshot.fresh and not snapshot.deltas else snapshot.state
        place = opened.backend.describe()
    about = [replace(each, message=f"{environment}: {each.message}") for each in notes]
    return Applied(opened.settings, place, state, bool(snapshot.operations), tuple(about))


def compare_applied(choice: Choice, first: str, second: str, exceptions: Iterable[str]) -> ComparisonView:
    """Returns the differences between the resources that were applied last in two environments of the project, `first`
    and `second`.

    `exceptions` are patterns for the resources and fields that are not compared. Raises the errors of `read_applied`.
    Raises UsageError if `first` and `second` are the same, or if nothing was applied in both.
    """
    if first == second:
        raise UsageError(f"{first} cannot differ from itself", hint="name two environments: provision diff ENV1 ENV2")
    sides = read_applied(choice, first), read_applied(choice, second)
    if all(each.state is None for each in sides):
        raise UsageError(
            f"nothing was applied in {first} or {second} yet, so there is nothing to compare",
            hint=f"apply first: provision apply --env {first}",
        )
    left_out = Exceptions(exceptions)
    old, new = (left_out.within(each.definitions()) for each in sides)
    comparison = compare_environments(old, new)
    told = [note for each in sides for note in (*each.diagnostics, *_standing(each))]
    told += _about_targets(comparison, first, second)
    return view_comparison(sides[0].side, sides[1].side, comparison, tuple(told))


def check_likeness(
    choice: Choice, resources: Sequence[Resource], environment: str, like: str, exceptions: Iterable[str]
) -> list[Diagnostic]:
    """Compares the environment `environment` of the project, as it would be after the plan of `resources`, with another
    environment `like`. Returns a diagnostic that blocks the plan for each resource that would differ, and one if a run
    in `like` did not end. The result also contains messages about the state of `like` and about different targets,
    which block nothing.

    `exceptions` are patterns for the resources and fields that are not compared. Raises the errors of `read_applied`.
    Raises UsageError if both environments are the same, and Blocked if nothing was applied in `like`.
    """
    if environment == like:
        raise UsageError(f"--like names {like}, which is planned itself", hint="name another environment")
    model = read_applied(choice, like)
    if model.state is None:
        raise Blocked(
            f"nothing was applied in {like} yet, so {environment} cannot become like it ({model.place} has no state)",
            hint=f"apply there first: provision apply --env {like}",
        )
    left_out = Exceptions(exceptions)
    old, new = model.definitions(), desired_definitions(resources, model.state)
    comparison = compare_environments(left_out.within(old), left_out.within(new))
    # Without sources, each assistant has all its differences, also those that come from shared instructions.
    alone = replace(comparison, changes=tuple(replace(each, sources=()) for each in comparison.changes))
    found = view_comparison(model.side, Side(environment), alone)
    differing = [*found.only_first, *found.only_second, *found.different]
    told = [_blocking(each, environment, like) for each in sorted(differing, key=lambda each: each.change.address)]
    if model.interrupted:
        message = f"a run in {like} did not end, so what {like} has is not known"
        told.append(Diagnostic("blocked", message, hint=f"finish it: provision apply --env {like}"))
    return [*model.diagnostics, *told, *_about_targets(comparison, like, environment)]


def _blocking(view: ChangeView, environment: str, like: str) -> Diagnostic:
    """Returns the diagnostic that blocks a plan because one resource would differ. The message says how the resource
    would differ between `environment` and `like`, two environments of the project.
    """
    change = view.change
    if change.action is Action.DELETE:
        message = f"{change.address} is in {like}, and {environment} would not have it"
    elif change.action is Action.CREATE:
        message = f"{change.address} is not in {like}, and {environment} would have it"
    else:
        rows = [row.plain() for row in difference_rows(view.differences, 0, marks=True)]
        message = lines(f"{change.address} would not be in {environment} what it is in {like}:", *rows)
    return Diagnostic("blocked", message, address=str(change.address))


def _standing(applied: Applied) -> list[Diagnostic]:
    """Returns a list with one warning if nothing was applied in this environment of the project, or if a run in this
    environment did not end. Otherwise the list is empty.
    """
    name = applied.settings.environment
    if applied.state is None:
        return [Diagnostic("warning", f"nothing was applied in {name} yet: {applied.place} has no state")]
    if applied.interrupted:
        message = f"a run in {name} did not end, so objects may exist that its state does not record"
        return [Diagnostic("warning", message, hint=f"finish it: provision apply --env {name}")]
    return []


def _about_targets(comparison: Comparison, first: str, second: str) -> list[Diagnostic]:
    """Returns messages if an assistant is made for another API (another target) in the environment `first` of the
    project than in `second`. A message names the resources that are not compared for this reason.
    """
    pairs = {
        (TARGET_OF[change.former_type], TARGET_OF[change.type])
        for change in comparison.changes
        if change.former_type in TARGET_OF and change.type in TARGET_OF
    }
    told = []
    for old, new in sorted(pairs):
        message = f"assistants are on {old} in {first} and on {new} in {second}; values of one API only are shown too"
        if comparison.apart:
            message += f"; not compared: {', '.join(map(str, comparison.apart))}"
        told.append(Diagnostic("info", message))
    return told
