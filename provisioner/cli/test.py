"""Defines the command `provision test`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.completing import complete_test
from provisioner.cli.options import parallel, shared, testing


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_test)
@click.option("--changed", is_flag=True, help="Only tests that have not passed here as they and their assistants are.")
@click.option("--unapplied", is_flag=True, help="Test the manifests as they are on disk, with stores that exist.")
@click.option("--json", "as_json", is_flag=True, help="The results as JSON on stdout.")
@click.option("--markdown", "as_markdown", is_flag=True, help="As Markdown, for a comment on a pull request.")
@testing
@parallel
@shared
@click.pass_context
def test(
    context: click.Context,
    names: tuple[str, ...],
    changed: bool,
    unapplied: bool,
    as_json: bool,
    as_markdown: bool,
    budget: float | None,
    junit: Path | None,
    handlers: bool,
) -> int:
    """Run the tests that the manifests declare, and check the answers of the assistants.

    NAME is the name of a test or a pattern with * and ?; without NAME, all tests are run. The exit code is 4 if an
    expectation is not met, and 1 if a test could not be run.
    """
    from provisioner.cli.plan_formats import check_forms
    from provisioner.cli.privatefile import check_target
    from provisioner.cli.running import failing_in_form, running
    from provisioner.cli.testing import run_and_write
    from provisioner.core.errors import UsageError
    from provisioner.project.testing import TestOptions

    check_forms(json=as_json, markdown=as_markdown)
    with failing_in_form(json=as_json, markdown=as_markdown):
        check_target(junit)
        with running(context) as project:
            if not project.manifest.tests:
                raise UsageError(
                    "the manifests declare no tests",
                    hint="write `tests: {NAME: {assistant: …, input: …, expect: {contains: …}}}`; see docs/testing.md",
                )
            options = TestOptions(names, changed=changed, unapplied=unapplied, budget=budget, handlers=handlers)
            form = "json" if as_json else "markdown" if as_markdown else "text"
            return run_and_write(context, project, options, form=form, junit=junit)
