"""Defines the command `provision plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from provisioner.cli.options import complete_environment, excepting, overwriting, page, planning, shared


@click.command()
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if there are changes.")
@click.option("--markdown", "as_markdown", is_flag=True, help="As Markdown, for a comment on a pull request.")
@click.option("--show-unmanaged", is_flag=True, help="Also list the live objects that the state does not record.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Keep the plan for review."
)
@click.option(
    "--like",
    metavar="ENV",
    shell_complete=complete_environment,
    help="Exit with 3 if the environment would become anything but what ENV has now.",
)
@excepting
@page("the plan")
@overwriting
@planning
@shared
@click.pass_context
def plan(
    context: click.Context,
    /,
    as_json: bool,
    as_markdown: bool,
    detailed_exitcode: bool,
    show_unmanaged: bool,
    out: Path | None,
    html: Path | None,
    overwrite_drift: bool,
    like: str | None,
    exceptions: tuple[str, ...],
    **choice: Any,
) -> int:
    """Show what apply would change, and why. Changes nothing.

    With --out, the plan is written to FILE for review, and `provision apply FILE` then makes exactly the changes in
    FILE. Without --out, the exit code is 3 if `apply --yes` would refuse to undo what others changed. With --like, FILE
    is not written if the environment would differ from ENV.
    """
    from provisioner.cli.plan_formats import check_forms, form, title_of
    from provisioner.cli.privatefile import check_apart, check_target
    from provisioner.cli.promotion import check_like, with_likeness
    from provisioner.cli.running import failing_in_form, running
    from provisioner.cli.terminal import screen

    check_like(like, exceptions, only=choice["only"])
    check_forms(json=as_json, markdown=as_markdown)
    check_apart(html, out)
    with failing_in_form(json=as_json, markdown=as_markdown):
        check_target(out)
        check_target(html)
        # The plan is begun early if nothing but the manifests decides what it reads.
        is_usual = not (choice["accept_account"] or choice["accept_state"])
        with running(context, early=choice["refresh"] if is_usual else None) as project:
            # Imported here, because the account can be read while these modules are imported.
            from provisioner.cli.confirmation import with_guard
            from provisioner.cli.github import write_plan
            from provisioner.cli.plan_commands import make_plan
            from provisioner.cli.plan_files import write_reviewed

            planned = make_plan(project, project.manifest.resources, **choice)
            if like is not None:
                planned = with_likeness(context, project, planned, like, exceptions)
            plan = planned.plan if out or overwrite_drift else with_guard(planned.plan)
            shown, name = screen(), title_of(project.settings)
            verbose = bool(shown.verbose)
            text = form(plan, name, shown.style, json=as_json, markdown=as_markdown, details=verbose)
            if show_unmanaged:
                from provisioner.cli.unmanaged_section import with_unmanaged

                text = with_unmanaged(text, context, project, plan, json=as_json, markdown=as_markdown)
            shown.result(text)
            write_plan(plan, name)
            if out is not None and like is not None and plan.blockers():
                shown.note(f"{out} was not written, because the plan is blocked.")
            elif out is not None:
                write_reviewed(project, planned, out, choice["only"], mass_delete=choice["allow_mass_delete"])
            if html is not None:
                from provisioner.cli.html_page import write_page

                write_page(html, project, plan)
            return plan.exit_code(detailed=detailed_exitcode)
