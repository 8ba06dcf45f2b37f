"""Defines the command `provision diff`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.options import complete_environment, excepting, page, shared


@click.command()
@click.argument("first", metavar="ENV1|ADDRESS@N", shell_complete=complete_environment)
@click.argument("second", metavar="ENV2|ADDRESS@N", shell_complete=complete_environment)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="As Markdown, for a comment on a pull request.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if they differ.")
@excepting
@page("the comparison")
@shared
@click.pass_context
def diff(
    context: click.Context,
    first: str,
    second: str,
    as_json: bool,
    as_markdown: bool,
    detailed_exitcode: bool,
    exceptions: tuple[str, ...],
    html: Path | None,
) -> int:
    """Compare two environments of the project, or two releases of an assistant.

    ENV1 and ENV2 are names of environments. Their states say what was applied last, and are read with the keys of these
    environments. The settings and texts of the resources and the digests of files are compared; ids are not compared.

    ADDRESS@N is release N of an assistant, and ADDRESS alone is its present release; `provision history` lists the
    releases. No API call is made.
    """
    import os

    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.plan_formats import check_forms
    from provisioner.cli.privatefile import check_target
    from provisioner.cli.terminal import screen
    from provisioner.core.exitcode import ExitCode
    from provisioner.project.promotion import compare_applied
    from provisioner.project.releases import compare_releases
    from provisioner.project.rollback import names_release, parse_release

    choice = chosen_by(context)
    are_releases = names_release(first) or names_release(second)
    if not are_releases and choice.environment and choice.environment != os.environ.get("PROVISION_ENV"):
        raise click.UsageError("diff names its two environments itself; leave --env out", context)
    check_forms(json=as_json, markdown=as_markdown)
    check_target(html)
    if are_releases:
        view = compare_releases(choice, parse_release(first), parse_release(second), exceptions)
    else:
        view = compare_applied(choice, first, second, exceptions)
    shown = screen()
    if as_json:
        from provisioner.review.render.environments_json import comparison_json
        from provisioner.review.render.json_text import dumps

        shown.result(dumps(comparison_json(view)))
    elif as_markdown:
        from provisioner.review.render.environments_markdown import comparison_markdown

        shown.result(comparison_markdown(view).rstrip("\n"))
    else:
        from provisioner.review.render.environments_text import comparison_text

        shown.result(comparison_text(view, shown.style))
    if html is not None:
        from provisioner.cli.html_page import write_comparison

        write_comparison(html, choice, view)
    return ExitCode.CHANGES if detailed_exitcode and view.differs else ExitCode.DONE
