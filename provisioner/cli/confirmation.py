"""Asks the user for confirmation before anything is written to the account."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace

import click

from provisioner.cli.startoptions import with_options_in
from provisioner.cli.streams import is_terminal
from provisioner.cli.terminal import Screen
from provisioner.core.errors import Blocked, diagnose
from provisioner.manifest import Settings
from provisioner.planning.plan import Plan
from provisioner.project.guards import check_confirmed, find_overwriting
from provisioner.review.render.plan_text import plan_text


@dataclass(frozen=True, slots=True)
class Consent:
    """The values of the options with which the user confirms changes, and the question that is asked without `--yes`.

    `confirm` is the value of `--confirm`: the name of a protected environment of the project.
    """

    yes: bool = False
    confirm: str | None = None
    overwrite_drift: bool = False
    question: str = "Apply these changes?"


def confirm_changes(settings: Settings, plan: Plan, shown: Screen, *, consent: Consent, reviewed: bool) -> None:
    """Checks that the user has confirmed the changes of a plan. If no option confirms them, asks the user. If
    `reviewed` is True, no question is asked.

    Raises Blocked if the changes are not confirmed, and Abort if nobody answers.
    """
    check_confirmed(settings, consent.confirm)
    if reviewed:
        return
    drifted = find_overwriting(plan)
    if consent.yes and drifted is not None and not consent.overwrite_drift:
        raise drifted
    if not consent.yes:
        _ask(plan, shown, consent.question)


def confirm_deletion(settings: Settings, count: int, *, yes: bool, confirm: str | None) -> None:
    """Checks that the user has confirmed the deletion of `count` objects that nobody manages. If `yes` is False, asks
    the user. Raises Blocked if the deletion is not confirmed, and Abort if nobody answers.
    """
    check_confirmed(settings, confirm, review="look at the list")
    if yes:
        return
    _check_terminal()
    question = "Delete this object?" if count == 1 else f"Delete these {count:,} objects?"
    answer = click.prompt(f"{question} (yes, no)", default="no", err=True).strip().lower()
    if answer not in ("yes", "y"):
        raise Blocked("not confirmed; nothing was changed")


def with_guard(plan: Plan) -> Plan:
    """Returns the plan. If it undoes changes that others made, a diagnostic says that `apply --yes` would refuse the
    plan.
    """
    drifted = find_overwriting(plan)
    if drifted is None:
        return plan
    return replace(plan, diagnostics=(*plan.diagnostics, *diagnose(drifted)))


def _check_terminal() -> None:
    """Raises Blocked if there is no terminal on which a question can be asked."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise Blocked("not confirmed, and there is no terminal to ask on; nothing was changed", hint="say --yes")


def _ask(plan: Plan, shown: Screen, question: str) -> None:
    _check_terminal()
    while True:
        answer = click.prompt(f"{question} (yes, no, details)", default="no", err=True).strip().lower()
        if answer in ("yes", "y"):
            return
        if answer in ("details", "d"):
            shown.explain(plan_text(with_options_in(plan), shown.style, details=True))
        elif answer in ("no", "n"):
            raise Blocked("not confirmed; nothing was changed")
