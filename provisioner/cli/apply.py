"""Defines the command `provision apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provisioner.cli.options import YEAR_MINUTES, Span, confirming, locking, planning, shared, testing

OLDEST = Span(0, YEAR_MINUTES, "minutes", "a year")


@click.command()
@click.argument("plan_file", type=click.Path(path_type=Path, dir_okay=False), required=False, metavar="[FILE]")
@click.option("--max-age", type=OLDEST, metavar="MINUTES", help="Refuse a FILE older than this.")
@click.option("--test", "testing_too", is_flag=True, help="Afterwards, run the tests of the assistants that changed.")
@click.option("--rollback-on-failure", is_flag=True, help="Roll back assistants whose tests do not pass (with --test).")
@testing
@confirming
@locking
@planning
@shared
@click.pass_context
def apply(
    context: click.Context,
    /,
    as_json: bool,
    yes: bool,
    confirm: str | None,
    overwrite_drift: bool,
    plan_file: Path | None,
    max_age: float | None,
    testing_too: bool,
    rollback_on_failure: bool,
    budget: float | None,
    junit: Path | None,
    handlers: bool,
    **choice: Any,
) -> int:
    """Make the account match the manifests.

    Shows the plan and asks first; without a terminal, --yes is required. If a change fails, only the changes that need
    it are skipped.

    FILE is a plan that `provision plan --out FILE` wrote. With FILE, the command asks nothing: it plans again, and
    makes only the changes that are in FILE. With --test, the exit code is 4 if an expectation of a test is not met.
    """
    from provisioner.cli.confirmation import Consent
    from provisioner.cli.plan_commands import carry_out, make_plan
    from provisioner.cli.plan_files import check_usable, read_reviewed
    from provisioner.cli.privatefile import check_target
    from provisioner.cli.rolling import replan_rollback
    from provisioner.cli.running import failing_in_form, running

    if not testing_too and (rollback_on_failure or budget is not None or junit is not None or handlers):
        raise click.UsageError("--rollback-on-failure, --budget, --junit and --handlers are about tests; add --test")
    check_target(junit)
    with (
        failing_in_form(json=as_json),
        running(context) as project,
        project.engine.locked("apply"),
    ):
        seal = project.seal
        reviewed = read_reviewed(plan_file, lambda: seal, sealed=seal.key is not None) if plan_file else None
        if reviewed is not None:
            oldest = None if max_age is None else max_age * 60
            check_usable(project, reviewed, oldest, mass_delete=choice["allow_mass_delete"])
            choice |= {"only": reviewed.only, "allow_mass_delete": reviewed.mass_delete}
        if reviewed is not None and reviewed.rollbacks:
            planned = replan_rollback(project, reviewed, choice)
        else:
            planned = make_plan(project, project.manifest.resources, under_lock=True, **choice)
        tests = None
        if testing_too:
            from provisioner.cli.applied_tests import AppliedTests
            from provisioner.project.testing import TestOptions

            options = TestOptions(budget=budget, handlers=handlers)
            tests = AppliedTests(context, project, rollback_on_failure, as_json, junit, options)
        consent = Consent(yes, confirm, overwrite_drift)
        return carry_out(project, planned, consent=consent, as_json=as_json, reviewed=reviewed, tests=tests)
