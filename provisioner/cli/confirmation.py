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
from provisioner.review.render.plan_text import plan_text


@dataclass(frozen=True, slots=True)
class Consent:
    """The values of the options about confirmation. `confirm` is the value of `--confirm`: the name of a protected
    environment.
    """

    yes: bool = False
    confirm: str | None = None
    overwrite_drift: bool = False
    question: str = "Apply these changes?"


def confirm_changes(settings: Settings, plan: Plan, shown: Screen, *, consent: Consent, reviewed: bool) -> None:
    """Returns if the user has confirmed the changes, by an option or by an answer. If `reviewed` is True, no question
    is asked.

    Raises Blocked if the changes are not confirmed, and Abort if nobody answers.
    """
    check_protected(settings, consent.confirm, "look at the plan")
    if reviewed:
        return
    drifted = find_overwriting(plan)
    if consent.yes and drifted is not None and not consent.overwrite_drift:
        raise drifted
    if not consent.yes:
        _ask(plan, shown, consent.question)


def check_protected(settings: Settings, confirm: str | None, look: str) -> None:
    """Raises Blocked if `--confirm` names another environment, or if the environment is protected and `--confirm` is
    missing. `look` says what to do before it is given.
    """
    environment = settings.environment
    if confirm is not None and confirm != environment:
        raise Blocked(
            f"--confirm {confirm} does not name this environment",
            hint=f"this one is called {environment}",
        )
    if settings.protected and confirm is None:
        raise Blocked(
            f"environment {environment} is protected; nothing was changed",
            hint=f"{look}, then say --confirm {environment}",
        )


def confirm_deletion(settings: Settings, count: int, *, yes: bool, confirm: str | None) -> None:
    """Returns if the user has confirmed that `count` objects which nobody manages are deleted. Raises Blocked if not,
    and Abort if nobody answers.
    """
    check_protected(settings, confirm, "look at the list")
    if yes:
        return
    _check_terminal()
    noun = "this object" if count == 1 else f"these {count:,} objects"
    if not click.confirm(f"Delete {noun}?", default=False, err=True):
        raise Blocked("not confirmed; nothing was changed")


def find_overwriting(plan: Plan) -> Blocked | None:
    """Returns the error that blocks this plan because it would undo changes that others made in the account; None if it
    would not.
    """
    names = sorted({f"{drift.address} ({drift.field})" for drift in plan.drift if drift.overwritten})
    if not names:
        return None
    return Blocked(
        f"this would undo what others changed: {', '.join(names)}; nothing was changed",
        hint="take the changes over into the manifests, or say --overwrite-drift",
    )


def with_guard(plan: Plan) -> Plan:
    """Returns the plan. If `apply --yes` would refuse it, because it undoes changes of others, a diagnostic that says
    this is added.
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
