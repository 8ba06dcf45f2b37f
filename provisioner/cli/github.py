"""Writes the outputs of a step and the summary of a job in GitHub Actions. Does nothing outside of GitHub Actions.

The environment variables `GITHUB_OUTPUT` and `GITHUB_STEP_SUMMARY` name the files to which the text is appended; GitHub
documents both under "Workflow commands". If such a file cannot be written, a warning is printed, and the command does
not fail.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from provisioner.cli.terminal import screen
from provisioner.core.files.named import append_named
from provisioner.core.files.own import write_all
from provisioner.core.testresult import TestRun
from provisioner.core.text.safetext import block
from provisioner.planning.plan import Action, Outcome, Plan

OUTPUT, SUMMARY = "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"
#: The most bytes of a step's summary. GitHub does not show a longer summary.
MOST = 1024 * 1024


def write_plan(plan: Plan, name: str) -> None:
    """Writes the numbers of changes in a plan as outputs of the workflow step. Also appends the plan to the summary of
    the job, as Markdown with the title `name`.
    """
    if os.environ.get(OUTPUT):
        counts = plan.summary()
        unchanged = counts.pop(Action.NO_OP.value)
        _write_outputs({"has_changes": bool(plan.changes), **counts, "unchanged": unchanged})
    if os.environ.get(SUMMARY):
        _append(SUMMARY, _summary(plan, name), most=MOST)


def write_outcome(outcome: Outcome) -> None:
    """Writes the result of an apply for GitHub Actions. The numbers of applied, failed and skipped changes become
    outputs of the workflow step; the result as text is appended to the summary of the job.
    """
    if os.environ.get(OUTPUT):
        parts = {"applied": outcome.applied, "failed": outcome.failed, "skipped": outcome.skipped}
        _write_outputs({name: len(part) for name, part in parts.items()})
    if os.environ.get(SUMMARY):
        from provisioner.review.render.markdown import fence
        from provisioner.review.render.outcome_text import outcome_text
        from provisioner.review.render.style import Style

        _append(SUMMARY, fence([outcome_text(outcome, Style(False))], "text") + "\n\n", most=MOST)


def write_tests(run: TestRun) -> None:
    """Writes the results of tests for GitHub Actions. The number of tests with each verdict becomes an output of the
    workflow step; the results as Markdown are appended to the summary of the job.
    """
    if os.environ.get(OUTPUT):
        _write_outputs({f"tests_{verdict.replace(' ', '_')}": count for verdict, count in run.counts().items()})
    if os.environ.get(SUMMARY):
        from provisioner.review.render.tested_markdown import test_run_markdown

        _append(SUMMARY, test_run_markdown(run) + "\n\n", most=MOST)


def _summary(plan: Plan, name: str) -> str:
    """Returns the plan as Markdown for the summary of the job, with the title `name`.

    GitHub limits the size of the summary. The returned text uses at most half of the bytes that are still free in the
    summary. If this half is less than the maximum length of a comment on GitHub, the text is limited to that length
    instead.
    """
    from provisioner.review.render.plan_markdown import MOST as COMMENT
    from provisioner.review.render.plan_markdown import plan_markdown

    path = Path(os.environ[SUMMARY])
    taken = path.stat().st_size if path.is_file() else 0
    space = (MOST - taken) // 2
    most = space
    while most > COMMENT:
        text = plan_markdown(plan, title=name, most=most) + "\n"
        size = len(text.encode(errors="backslashreplace"))
        if size <= space:
            return text
        # Characters of other scripts have several bytes.
        most = min(most * space // size, most - most // 10)
    return plan_markdown(plan, title=name) + "\n"


def _write_outputs(outputs: Mapping[str, int | bool]) -> None:
    """Appends outputs to the file for the outputs of the workflow step. The values are only numbers and booleans,
    because a text with a line break could set another output.
    """
    _append(OUTPUT, "".join(f"{name}={str(value).lower()}\n" for name, value in outputs.items()))


def _append(variable: str, text: str, *, most: int | None = None) -> None:
    path = Path(os.environ[variable])
    data = block(text).encode()
    try:
        with append_named(path) as file:
            if most is not None and os.fstat(file.fileno()).st_size + len(data) > most:
                screen().note(f"warning: {variable} is full, so this is not in it")
                return
            write_all(file.fileno(), data)
    except OSError as error:
        screen().note(f"warning: {variable} ({path}) cannot be written: {error.strerror}")
