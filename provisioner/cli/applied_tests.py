"""Tests the assistants that an apply has changed, and rolls back assistants whose tests do not pass."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import click
from msgspec import Struct, field
from msgspec.structs import replace

from provisioner.cli.signals import stopping
from provisioner.cli.terminal import screen
from provisioner.cli.testing import run_and_report, write_junit
from provisioner.core.address import Address
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import ProvisionError, diagnose
from provisioner.core.exitcode import ExitCode
from provisioner.core.testresult import TestRun, Verdict
from provisioner.engine.planned import Planned
from provisioner.planning.plan import Outcome
from provisioner.project.rollback import roll_back
from provisioner.project.testing import TestOptions
from provisioner.project.untested import Untested, changed_assistants
from provisioner.project.wiring import Project
from provisioner.review.render.json_text import diagnostics_json
from provisioner.review.render.outcome_text import outcome_text
from provisioner.review.render.plan_text import plan_text
from provisioner.review.render.tested_json import test_run_json

#: The command that the state's history records for a rollback after failed tests.
COMMAND = "apply --rollback-on-failure"


class AppliedTests(Struct):
    """Tests the assistants that `provision apply` has changed. Also tests assistants that an earlier run has changed
    but could not test, because it was interrupted. `options` selects the tests, and `junit` is a file for the results
    in the XML format of JUnit.

    If `rollback` is True, assistants whose tests do not pass are rolled back: the release (the configuration) that was
    applied before is applied again. If `as_json` is True, messages for people are written to stderr, because stdout
    contains the JSON.
    """

    context: click.Context
    project: Project
    rollback: bool
    as_json: bool
    junit: Path | None = None
    options: TestOptions = field(default_factory=TestOptions)
    _changed: set[Address] = field(default_factory=set)

    def prepare(self, planned: Planned) -> None:
        """Stores which assistants the plan `planned` changes. If `rollback` is True, also adds these assistants, except
        those without tests, to a list that is stored with the releases. If this run is interrupted, a later run reads
        the list and tests them. Must be called before the plan is applied.
        """
        self._changed = changed_assistants(self.project, planned.plan)
        tested = {each for test in self.project.manifest.tests for each in test.assistants()}
        if self.rollback and (noted := self._changed & tested):
            moves = {each.address: each.moved_from for each in planned.plan.changes if each.moved_from is not None}
            Untested(self.project).add(noted, planned.releases, moves)

    def follow(self, outcome: Outcome) -> tuple[ExitCode, dict[str, Any]]:
        """Runs the tests of the changed assistants. `outcome` is the result of the apply; if the apply is not complete,
        no test is run. If `rollback` is True, also rolls back assistants whose tests do not pass.

        Returns two values: the exit code of the command, and the test results for the command's JSON output.
        """
        shown, untested = screen(), Untested(self.project)
        if (code := outcome.exit_code()) is not ExitCode.DONE:
            if self._changed:
                shown.note("No test was run, because the apply is not complete; apply again to complete and test it.")
            return code, {"tests": None}
        pending = untested.read()
        chosen = self._changed | set(pending)
        run = run_and_report(self.context, self.project, self._choose(chosen), to_stderr=self.as_json)
        write_junit(run, self.junit)
        code, results = run.exit_code(), {"tests": test_run_json(run)}
        failed = failed_assistants(run, chosen)
        left = [result.test for result in run.results if result.verdict is Verdict.NOT_RUN]
        undecided = {each for test in left for each in test.assistants()}
        untested.remove(chosen - failed - undecided)
        if failed and self.rollback and not self.project.engine.stop.is_set():
            rolled, body = self._roll_back(failed, untested, pending)
            return rolled or code, {**results, "rollback": body}
        if self.rollback and (failed or undecided):
            shown.note("The tests did not all run; run the same command again to test what is left.")
        return code, results

    def _choose(self, assistants: Collection[Address]) -> TestOptions:
        return replace(self.options, assistants=frozenset(assistants))

    def _roll_back(
        self, failed: set[Address], untested: Untested, pending: dict[Address, int]
    ) -> tuple[ExitCode, dict[str, Any]]:
        """Rolls back the assistants in `failed`, whose tests have failed: applies an earlier release (configuration) of
        each. `pending` maps each assistant to the number of the release to which it can be rolled back. `untested` is
        the stored list of assistants that a later run must test. Assistants that were rolled back, or that cannot be
        rolled back, are removed from this list.

        Returns two values: the exit code of the rollback (DONE if no assistant could be rolled back), and the data for
        the command's JSON output.
        """
        shown, present = screen(), untested.present(failed)
        wanted: dict[Address, int | None] = {}
        for address in sorted(failed):
            number = pending.get(address, 0)
            if not number:
                shown.note(f"{address} is new, so there is no release to which it could be rolled back")
            elif number == present[address]:
                shown.note(
                    f"{address} has the same release as before; only what it uses has changed, such as files, and a "
                    "rollback does not restore that: apply the earlier files"
                )
            else:
                wanted[address] = number
        untested.remove(failed - set(wanted))
        if not wanted:
            return ExitCode.DONE, {"releases": {}}
        listed = ", ".join(f"{address}@{number}" for address, number in wanted.items())
        shown.note(f"rolling back to {listed}")
        try:
            with stopping(self.project.engine.stop):
                planned, outcome = roll_back(self.project, wanted, COMMAND)
        except ProvisionError as error:
            return self._report_failure(diagnose(error), wanted)
        write = shown.explain if self.as_json else shown.result
        write(plan_text(planned.plan, shown.style))
        write(outcome_text(outcome, shown.style))
        if outcome.bug is not None:
            raise outcome.bug
        if (code := outcome.exit_code()) is ExitCode.DONE:
            untested.remove(set(wanted))
        releases = {str(address): number for address, number in wanted.items()}
        return code, {"releases": releases, "diagnostics": []}

    def _report_failure(
        self, diagnostics: list[Diagnostic], wanted: dict[Address, int | None]
    ) -> tuple[ExitCode, dict[str, Any]]:
        shown = screen()
        for each in diagnostics:
            shown.note(f"error: {each}")
        names = " ".join(f"{address}@{number}" for address, number in wanted.items())
        shown.note(f"What failed its tests stays applied; roll it back with `provision rollback {names}`.")
        return ExitCode.ERROR, {"releases": {}, "diagnostics": diagnostics_json(diagnostics)}


def failed_assistants(run: TestRun, changed: Collection[Address]) -> set[Address]:
    """Returns the assistants in `changed` that have failed their tests. `run` contains the results of the tests. A test
    fails if an expectation is not met or if the test ends with an error.

    For each failed test, the result contains the tested assistant if it is in `changed`. If it is not, the result
    contains the test's judges (assistants that judge an answer) that are in `changed`.
    """
    found: set[Address] = set()
    for result in run.results:
        if result.verdict in (Verdict.FAILED, Verdict.BROKEN):
            tested = {result.test.assistant} & set(changed)
            found |= tested or (result.test.assistants() & set(changed))
    return found
