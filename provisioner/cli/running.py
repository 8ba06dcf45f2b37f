"""What plan, apply and destroy have in common: open the project, name what it acts on, plan, ask, apply."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import click

from provisioner.address import Address
from provisioner.cli.choosing import chosen_by
from provisioner.cli.screen import Screen, screen
from provisioner.cli.signals import stopping
from provisioner.diagnostic import Diagnostic
from provisioner.diff.planner import LEFT_OUT
from provisioner.engine import Planned
from provisioner.errors import Blocked, InvalidManifest
from provisioner.plan import Outcome
from provisioner.project.wiring import Project, open_project
from provisioner.render.json_text import dumps, failure_json, outcome_json, plan_json
from provisioner.render.outcome_text import outcome_text
from provisioner.render.plan_text import plan_text
from provisioner.resource import Resource


@contextmanager
def running(context: click.Context, *, parallelism: int, index_timeout: float = 600.0) -> Iterator[Project]:
    """The project, open, after its first lines on stderr."""
    choice = replace(chosen_by(context), parallelism=parallelism, index_timeout=index_timeout)
    shown = screen()
    progress = shown.progress()
    try:
        with open_project(choice, emit=progress, observe=shown.observe) as project:
            for line in project.summary(emulated=choice.emulator):
                shown.note(shown.style.paint(line, "dim"))
            yield project
    finally:
        progress.close()


@contextmanager
def failing_as_json(as_json: bool) -> Iterator[None]:
    """Problems in the manifests as JSON on stdout, too, where JSON was asked for."""
    try:
        yield
    except InvalidManifest as error:
        if as_json:
            screen().result(dumps(failure_json(error.diagnostics)))
        raise


def make_plan(
    project: Project,
    resources: Sequence[Resource],
    *,
    only: Sequence[str] = (),
    no_refresh: bool = False,
    accept_account: bool = False,
    leaving_reason: str = LEFT_OUT,
) -> Planned:
    """The plan, with what the manifests want to tell."""
    addresses = [_known(Address.parse(text), project) for text in only]
    planned = project.engine.plan(
        resources,
        only=addresses,
        refreshing=not no_refresh,
        accept_account=accept_account,
        leaving_reason=leaving_reason,
    )
    told: tuple[Diagnostic, ...] = project.manifest.diagnostics
    plan = replace(planned.plan, diagnostics=(*told, *planned.plan.diagnostics))
    return replace(planned, plan=plan)


def _known(address: Address, project: Project) -> Address:
    """The address, if there is such a thing. Raises BadParameter."""
    state = project.engine.read_state()
    known = {resource.address for resource in project.manifest.resources} | set(state.records if state else ())
    if address in known:
        return address
    import difflib

    near = difflib.get_close_matches(str(address), list(map(str, known)), 1)
    advice = f"; did you mean {near[0]}?" if near else "; `provision show` lists what there is"
    raise click.BadParameter(f"nothing is called {address}{advice}", param_hint="--only")


def verdict(planned: Planned) -> int:
    """The exit code of a plan that cannot be applied, or 0."""
    return 1 if planned.plan.errors() else 3 if planned.plan.blockers() else 0


def carry_out(
    project: Project,
    planned: Planned,
    *,
    yes: bool,
    confirm: str | None,
    overwrite_drift: bool,
    as_json: bool,
) -> int:
    """Shows the plan, asks, applies and tells; returns the exit code."""
    shown = screen()
    show_plan(planned, shown, as_json=False, to_stderr=as_json)
    if code := verdict(planned):
        if as_json:
            shown.result(dumps(plan_json(planned.plan)))
        return code
    if planned.plan.changes:
        _confirm(project, planned, shown, yes=yes, confirm=confirm, overwrite_drift=overwrite_drift)
    outcome = Outcome()
    if _has_work(planned):
        with stopping(project.engine.stop):
            outcome = project.engine.apply(planned)
    if as_json:
        shown.result(dumps({**plan_json(planned.plan), "outcome": outcome_json(outcome)}))
    if planned.plan.changes:
        (shown.note if as_json else shown.result)(outcome_text(outcome, shown.style))
    return 1 if outcome.failed or outcome.skipped or outcome.interrupted else 0


def _has_work(planned: Planned) -> bool:
    """Whether anything has to be written: changes, or what an earlier run left open."""
    return bool(planned.plan.changes or planned.recovery.ends or planned.snapshot.deltas)


def show_plan(planned: Planned, shown: Screen, *, as_json: bool, to_stderr: bool = False) -> None:
    """The plan as text or JSON."""
    write: Callable[[str], None] = shown.note if to_stderr else shown.result
    write(dumps(plan_json(planned.plan)) if as_json else plan_text(planned.plan, shown.style))


def _confirm(
    project: Project, planned: Planned, shown: Screen, *, yes: bool, confirm: str | None, overwrite_drift: bool
) -> None:
    """Returns where the changes are wanted. Raises Blocked, Abort."""
    environment = project.settings.environment
    if confirm is not None and confirm != environment:
        raise Blocked(
            f"--confirm {confirm} does not name this environment", hint=f"this environment is called {environment}"
        )
    if project.settings.protected and confirm is None:
        raise Blocked(
            f"environment {environment} is protected; nothing was changed",
            hint=f"look at the plan, then say --confirm {environment}",
        )
    overwritten = [drift for drift in planned.plan.drift if drift.overwritten]
    if yes and overwritten and not overwrite_drift:
        names = ", ".join(sorted({f"{drift.address} ({drift.field})" for drift in overwritten}))
        raise Blocked(
            f"this would undo what others changed: {names}; nothing was changed",
            hint="take the changes over into the manifests, or say --overwrite-drift",
        )
    if not yes:
        _ask(planned, shown)


def _ask(planned: Planned, shown: Screen) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Blocked("not confirmed, and there is no terminal to ask on; nothing was changed", hint="say --yes")
    while True:
        answer = click.prompt("Apply these changes? (yes, no, details)", default="no", err=True).strip().lower()
        if answer in ("yes", "y"):
            return
        if answer in ("details", "d"):
            shown.note(plan_text(planned.plan, shown.style, details=True))
        elif answer in ("no", "n"):
            raise Blocked("not confirmed; nothing was changed")
