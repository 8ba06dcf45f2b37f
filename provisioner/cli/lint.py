"""Defines the command `provision lint`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provisioner.cli.options import shared

if TYPE_CHECKING:
    from provisioner.core.finding import Findings

FORMATS = ("text", "json", "sarif", "gitlab")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The findings as JSON on stdout; the same as --format json.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    metavar="FORMAT",
    help="text, json, sarif (2.1.0), or gitlab (a code-quality report).  [default: text]",
)
@click.option("--offline", is_flag=True, help="Do not ask the API when models are shut down.")
@click.option("--strict", is_flag=True, help="Warnings count as errors: exit 1.")
@shared
@click.pass_context
def lint(context: click.Context, as_json: bool, form: str | None, offline: bool, strict: bool) -> int:
    """Look for problems in valid manifests: secrets in prompts, unused resources, outdated models.

    Each finding is printed as path:line:column: severity[rule]: what is wrong; what to do. To hide a finding, write the
    comment `# provision: ignore[rule]` on its line. If there is an API key, the dates on which models are shut down are
    requested from the API, at most once a day. No other API call is made.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.terminal import screen
    from provisioner.core.errors import ProvisionError
    from provisioner.core.exitcode import ExitCode
    from provisioner.project.linting import lint_project, of_failure

    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} are two formats; choose one")
    chosen, choice = "json" if as_json else form or "text", chosen_by(context)
    shown = screen()
    try:
        findings = lint_project(choice, offline=offline or choice.emulator, observe=shown.observe)
    except ProvisionError as error:
        if chosen != "text":
            shown.result(_render(of_failure(choice, error), chosen))
        raise
    shown.result(_render(findings, chosen))
    counts = findings.summary()
    return ExitCode.ERROR if counts["error"] or (strict and counts["warning"]) else ExitCode.DONE


def _render(findings: Findings, form: str) -> str:
    from provisioner.cli.terminal import screen
    from provisioner.review.render.codequality import codequality
    from provisioner.review.render.json_text import dumps
    from provisioner.review.render.lint_json import lint_json
    from provisioner.review.render.lint_text import lint_text
    from provisioner.review.render.sarif import sarif

    if form == "sarif":
        return dumps(sarif(findings))
    if form == "gitlab":
        return dumps(codequality(findings))
    return dumps(lint_json(findings)) if form == "json" else lint_text(findings, screen().style)
