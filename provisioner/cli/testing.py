"""Runs tests for the commands `provision test` and `provision apply`, and writes their results."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock

import click
from msgspec.structs import replace

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.github import write_tests
from provisioner.cli.privatefile import write_private
from provisioner.cli.signals import stopping
from provisioner.cli.startoptions import with_options
from provisioner.cli.terminal import Screen, screen
from provisioner.core.exitcode import ExitCode
from provisioner.core.testresult import CaseResult, TestRun
from provisioner.project.testing import TestOptions, run_tests
from provisioner.project.wiring import Project
from provisioner.review.render.json_text import dumps
from provisioner.review.render.tested_json import test_run_json
from provisioner.review.render.tested_junit import junit as junit_text
from provisioner.review.render.tested_markdown import test_run_markdown
from provisioner.review.render.tested_text import result_text, summary_text

FIRST = b"\nstopping: no further test is started; what runs is waited for (again: leave at once)\n"
SECOND = b"\nleft at once; a conversation that was running may be left at OpenAI\n"


def run_and_write(
    context: click.Context,
    project: Project,
    options: TestOptions,
    *,
    form: str = "text",
    junit: Path | None = None,
) -> ExitCode:
    """Runs the tests that `options` selects, writes the results, and returns the exit code. `form` is the format on
    stdout: `text`, `json` or `markdown`. `junit` is a file for the results in the XML format of JUnit, or None.
    """
    run = run_and_report(context, project, options, to_stderr=form != "text")
    write_forms(run, form, junit)
    return run.exit_code()


def run_and_report(context: click.Context, project: Project, options: TestOptions, *, to_stderr: bool) -> TestRun:
    """Runs the tests that `options` selects, and returns their results. Writes each result as soon as it is known, and
    a summary at the end. The text is written to stderr if `to_stderr` is True, otherwise to stdout.
    """
    shown = screen()
    write = shown.explain if to_stderr else shown.result
    chosen = replace(options, parallelism=chosen_by(context).parallelism)
    with stopping(project.engine.stop, FIRST, SECOND):
        run = run_tests(project, chosen, emit=_reporter(shown, write), notify=shown.note)
    write_tests(run)
    if run.results:
        write(summary_text(run, shown.style))
    elif options.changed:
        shown.note("Every chosen test has passed as it is; leave out --changed to run all.")
    else:
        shown.note("No test is about what was applied.")
    return run


def write_forms(run: TestRun, form: str, junit: Path | None) -> None:
    """Writes the results to stdout if `form` is `json` or `markdown`. If `junit` is given, also writes the results to
    this file, in the XML format of JUnit.
    """
    shown = screen()
    if form == "json":
        shown.result(dumps(test_run_json(run)))
    elif form == "markdown":
        shown.result(test_run_markdown(run))
    write_junit(run, junit)


def write_junit(run: TestRun, path: Path | None) -> None:
    """Writes the results to the file `path`, in the XML format of JUnit. Does nothing if `path` is None."""
    if path is not None:
        write_private(path, junit_text(run))


def _reporter(shown: Screen, write: Callable[[str], None]) -> Callable[[CaseResult, int], None]:
    lock, done = Lock(), [0]

    def report(result: CaseResult, count: int) -> None:
        with lock:
            done[0] += 1
            write(with_options(result_text(result, shown.style, f"[{done[0]}/{count}] ")))

    return report
