"""Reads the arguments of `provision rollback`, and writes its plan to a file for review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from provisioner.cli.plan_files import write_reviewed
from provisioner.cli.plan_formats import form, title_of
from provisioner.cli.terminal import screen
from provisioner.core.address import Address
from provisioner.core.exitcode import ExitCode
from provisioner.engine.planned import Planned
from provisioner.engine.restoring import Rollbacks
from provisioner.planning.planfile import Reviewed
from provisioner.project.rollback import parse_release, plan_rollback
from provisioner.project.wiring import Project


def parse_releases(texts: Sequence[str], *, release_pin: bool) -> dict[Address, int | None]:
    """Returns a mapping from the address of each assistant in `texts` to the number of the release that is restored.
    Each of `texts` has the form `ADDRESS` or `ADDRESS@N`; without `@N`, the number is None, which means the release
    before the present release. `release_pin` is the value of `--release-pin`: if it is True, no release is restored,
    and the manifests apply again.

    Raises UsageError if an assistant is named twice, or if a number is given together with `--release-pin`.
    """
    found: dict[Address, int | None] = {}
    for text in texts:
        address, number = parse_release(text)
        if release_pin and number is not None:
            raise click.UsageError(f"--release-pin applies the manifest; leave @{number} of {address} out")
        if address in found:
            raise click.UsageError(f"{address} is named twice")
        found[address] = number
    return found


def write_rollback(project: Project, planned: Planned, rollbacks: Rollbacks, out: Path, *, as_json: bool) -> ExitCode:
    """Shows the plan of a rollback, writes it to the file `out`, and returns the exit code. `rollbacks` maps the
    address of each assistant to the number of the release that is restored. The number is None if the assistant's pin
    to a release ends. If `as_json` is True, the plan is shown as JSON.
    """
    plan, shown = planned.plan, screen()
    shown.result(
        form(plan, title_of(project.settings), shown.style, json=as_json, markdown=False, details=bool(shown.verbose))
    )
    write_reviewed(project, planned, out, (), rollbacks={str(address): number for address, number in rollbacks.items()})
    return plan.exit_code()


def replan_rollback(project: Project, reviewed: Reviewed, choice: Mapping[str, Any]) -> Planned:
    """Plans again the rollback that a reviewed plan contains, and returns the new plan. `choice` maps the names of the
    options of `provision apply` to their values. The caller must hold the lock of the state.
    """
    rollbacks = {Address.parse(text): number for text, number in reviewed.rollbacks.items()}
    names = ("refresh", "accept_account", "accept_state")
    return plan_rollback(project, rollbacks, under_lock=True, **{name: choice[name] for name in names})
