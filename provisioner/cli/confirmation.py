"""Asks the user for confirmation before anything is written to the account."""

from __future__ import annotations

import sys

import click
from msgspec import Struct
from msgspec.structs import replace

from provisioner.cli.startoptions import with_options_in
from provisioner.cli.streams import is_terminal
from provisioner.cli.terminal import Screen
from provisioner.core.errors import Blocked, diagnose
from provisioner.manifest import Settings
from provisioner.planning.plan import Plan
from provisioner.project.guards import check_confirmed, find_overwriting
from provisioner.review.render.plan_text import plan_text


class Consent(Struct, frozen=True):
    """Contains the values of the options with which the user confirms changes: `--yes`, `--confirm` and
    `--overwrite-drift`. If `yes` is False, the user is asked the question `question`.

    `confirm` is the name of a protected environment of the project, or None. Changes in a protected environment require
    that the user writes its name in `--confirm`.
    """

    yes: bool = False
    confirm: str | None = None
    overwrite_drift: bool = False
    question: str = "Apply these changes?"


def confirm_changes(settings: Settings, plan: Plan, shown: Screen, *, consent: Consent, reviewed: bool) -> None:
    """Checks that the user has confirmed the changes of `plan`. `consent` contains the options with which the user
    confirms changes. If `--yes` is not given, asks the user; `shown` prints details of the plan. If `reviewed` is True,
    the user has confirmed the plan earlier, and no question is asked.

    Raises Blocked if the user does not confirm the changes. Raises Blocked also if `--yes` would undo drift (changes
    that others made) without `--overwrite-drift`, if `--confirm` names another environment of the project, or if
    `--confirm` is missing although the environment is protected. Raises Abort if the question is not answered.
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
    """Checks that the user has confirmed the deletion of `count` unmanaged objects (objects at OpenAI that the state
    does not record). `yes` and `confirm` are the values of the options `--yes` and `--confirm`. If `yes` is False, asks
    the user.

    Raises Blocked if the user does not confirm the deletion. Raises Blocked also if `confirm` is the name of another
    environment of the project, or is None although the environment is protected. Raises Abort if the question is not
    answered.
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
    """Returns `plan`, to be shown to the user. If `plan` undoes drift (changes that others made in the account), the
    returned plan has an additional diagnostic. The diagnostic says that `provision apply --yes` would refuse the plan.
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
