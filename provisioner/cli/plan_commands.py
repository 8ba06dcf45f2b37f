"""Carries out the steps that the commands plan, apply, destroy and import share: opens the project, makes the plan,
asks for confirmation, and applies the plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence, Set
from typing import TYPE_CHECKING

import click

from provisioner.cli.confirmation import Consent, confirm_changes
from provisioner.cli.failure import report_bug
from provisioner.cli.github import write_outcome, write_plan
from provisioner.cli.plan_files import check_planned
from provisioner.cli.plan_formats import title_of
from provisioner.cli.signals import stopping
from provisioner.cli.startoptions import with_options, with_options_in
from provisioner.cli.terminal import Screen, screen
from provisioner.core.address import Address
from provisioner.core.exitcode import ExitCode
from provisioner.core.refreshmode import RefreshMode
from provisioner.core.resource import Resource
from provisioner.engine.planned import Planned
from provisioner.engine.review import without_housekeeping
from provisioner.engine.snapshot import read_state
from provisioner.planning.diff import Scope
from provisioner.planning.diff.planner import EVERYTHING
from provisioner.planning.plan import Action, Outcome
from provisioner.planning.planfile import Reviewed
from provisioner.planning.reason import Reason, ReasonCode
from provisioner.project.plans import plan_project
from provisioner.project.wiring import Project
from provisioner.review.render.json_text import dumps, outcome_json, plan_json
from provisioner.review.render.outcome_text import outcome_text
from provisioner.review.render.plan_text import plan_text

if TYPE_CHECKING:
    from provisioner.cli.applied_tests import AppliedTests


def make_plan(
    project: Project,
    resources: Sequence[Resource],
    *,
    only: Sequence[str] = (),
    refresh: RefreshMode = RefreshMode.FULL,
    accept_account: bool = False,
    accept_state: bool = False,
    allow_mass_delete: bool = False,
    destroying: bool = False,
    under_lock: bool = False,
) -> Planned:
    """Makes a plan for `resources`, which the manifests declare. Returns the plan together with the diagnostics of the
    manifests and the estimated costs.

    The arguments from `only` to `allow_mass_delete` are the values of the options with the same names. If `destroying`
    is True, the plan deletes all recorded objects, or only removes the records of adopted ones. If `under_lock` is
    True, the caller holds the lock of the state.
    """
    scope = Scope(
        only=_chosen(only, project),
        leaving_reason=Reason(ReasonCode.DESTROYED) if destroying else EVERYTHING.leaving_reason,
        delete_threshold=None if allow_mass_delete or destroying else project.settings.delete_threshold,
        early=destroying,
    )
    return plan_project(
        project,
        resources,
        scope,
        refresh=refresh,
        accept_account=accept_account,
        accept_state=accept_state,
        destroying=destroying,
        under_lock=under_lock,
        begun=project.begun,
    )


def _chosen(only: Sequence[str], project: Project) -> list[Address]:
    """Returns the addresses that the values of `--only` select. Raises BadParameter if a value selects no address."""
    if not only:
        return []
    state = read_state(project.backend, project.engine.identity)
    known = {resource.address for resource in project.manifest.resources} | set(state.records if state else ())
    users: dict[str, list[Address]] = {}
    for resource in project.manifest.resources:
        for source in resource.sources:
            users.setdefault(source, []).append(resource.address)
    return list(dict.fromkeys(address for text in only for address in _matching_addresses(text, known, users)))


def _matching_addresses(text: str, known: Set[Address], users: Mapping[str, list[Address]]) -> list[Address]:
    """Returns the addresses that `text` selects. `text` is one value of `--only`: an address, a pattern with `*` or
    `?`, or the name of a tool or a fragment (a text that several assistants use in their instructions). `known` are all
    addresses. `users` maps the name of each tool or fragment to the addresses of the resources that use it.

    If nothing is found, raises BadParameter if `text` is an address, and otherwise UsageError.
    """
    names = {str(address): [address] for address in sorted(known)} | dict(users)
    found = names.get(text)
    if found is None and ("*" in text or "?" in text):
        from fnmatch import translate

        # Brackets are a part of a file's address, so they are not a character class here.
        pattern = re.compile(translate(text.replace("[", "[[]")))
        found = [address for name, meant in names.items() if pattern.match(name) for address in meant]
    found = found or names.get(str(Address.parse(text)))
    if found:
        return found
    import difflib

    near = difflib.get_close_matches(text, list(names), 1)
    advice = f"; did you mean {near[0]}?" if near else with_options("; `provision show` lists what there is")
    raise click.BadParameter(f"nothing is called {text}{advice}", param_hint="--only")


def carry_out(
    project: Project,
    planned: Planned,
    *,
    consent: Consent,
    as_json: bool,
    reviewed: Reviewed | None = None,
    command: str = "apply",
    tests: AppliedTests | None = None,
) -> ExitCode:
    """Shows the plan, asks for confirmation, applies the plan, and prints the result. Returns the exit code. `consent`
    contains the options with which the user confirms changes. If `as_json` is True, the result is printed as JSON. If
    `tests` is given, also tests the changed assistants. If the plan has errors or is blocked, only shows the plan.

    `reviewed` is the plan from a plan file; if it is given, no question is asked. `command` is the name of the command
    in the state's history.
    """
    shown = screen()
    if reviewed is not None:
        planned = without_housekeeping(reviewed, planned)
    show_plan(planned, shown, to_stderr=as_json)
    write_plan(planned.plan, title_of(project.settings))
    if code := planned.plan.exit_code():
        if as_json:
            shown.result(dumps(plan_json(planned.plan)))
        return code
    if reviewed is not None:
        check_planned(project, planned, reviewed, overwrite_drift=consent.overwrite_drift)
    if planned.plan.changes:
        confirm_changes(project.settings, planned.plan, shown, consent=consent, reviewed=reviewed is not None)
    outcome = Outcome()
    if tests is not None:
        tests.prepare(planned)
    if planned.has_work:
        with stopping(project.engine.stop):
            outcome = project.engine.apply(planned, command)
    write_outcome(outcome)
    if planned.plan.changes:
        (shown.explain if as_json else shown.result)(outcome_text(outcome, shown.style))
    code, more = (outcome.exit_code(), {}) if tests is None or outcome.bug is not None else tests.follow(outcome)
    if as_json:
        shown.result(dumps({**plan_json(planned.plan), "outcome": outcome_json(outcome), **more}))
    return report_bug(outcome.bug) if outcome.bug is not None else code


def report_forgotten(planned: Planned) -> ExitCode:
    """Prints on stderr the objects that `provision destroy` could not delete because the server no longer offers their
    API. Their records have been removed from the state, but the objects may still exist.

    Returns ERROR if there are such objects, otherwise DONE.
    """
    gone = planned.actual.gone
    forgotten = [each for each in planned.plan.changes if each.action is Action.FORGET and each.type in gone]
    if not forgotten:
        return ExitCode.DONE
    shown = screen()
    shown.note("not deleted, since the server does not know their API (404); they may exist still:")
    for change in forgotten:
        shown.note(f"  {change.address}: {change.type} {change.id}")
    return ExitCode.ERROR


def show_plan(planned: Planned, shown: Screen, *, to_stderr: bool = False) -> None:
    """Prints the plan as text, on stdout or, if `to_stderr` is True, on stderr."""
    write: Callable[[str], None] = shown.explain if to_stderr else shown.result
    write(plan_text(with_options_in(planned.plan), shown.style, details=bool(shown.verbose)))
