"""Defines the command `provision show`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from provisioner.cli.completing import complete_address_or_file
from provisioner.cli.options import page, shared


@click.command()
@click.argument("what", required=False, metavar="[ADDRESS|FILE]", shell_complete=complete_address_or_file)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--markdown", "as_markdown", is_flag=True, help="A plan FILE as Markdown, for a pull request.")
@page("a plan FILE")
@shared
@click.pass_context
def show(context: click.Context, what: str | None, as_json: bool, as_markdown: bool, html: Path | None) -> None:
    """Show the records of the state, one record, or a plan.

    Without an argument, shows all records of the state. ADDRESS shows the record of this address. FILE is a plan that
    `provision plan --out FILE` wrote. No API call is made.
    """
    from provisioner.cli.recorded_state import show_record, show_records

    if what is not None and Path(what).is_file():
        _show_plan(context, Path(what), html, as_json=as_json, as_markdown=as_markdown)
    elif as_markdown:
        raise click.UsageError("--markdown is for a plan FILE that `provision plan --out FILE` wrote", context)
    elif html is not None:
        raise click.UsageError("--html is for a plan FILE that `provision plan --out FILE` wrote", context)
    elif what is not None:
        show_record(context, what, as_json=as_json)
    else:
        show_records(context, as_json=as_json)


def _show_plan(context: click.Context, path: Path, html: Path | None, *, as_json: bool, as_markdown: bool) -> None:
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.plan_files import origin_line, read_reviewed
    from provisioner.cli.plan_formats import check_forms, form, title
    from provisioner.cli.privatefile import check_apart, check_target
    from provisioner.cli.terminal import screen
    from provisioner.project.keys import find_seal
    from provisioner.project.settings import read_settings

    check_forms(json=as_json, markdown=as_markdown)
    check_apart(html, path)
    check_target(html)
    reviewed = read_reviewed(path, lambda: find_seal(read_settings(chosen_by(context))))
    shown = screen()
    name = title(reviewed.project, reviewed.environment)
    shown.note(origin_line(reviewed, time.time()))
    shown.result(form(reviewed.shown(), name, shown.style, json=as_json, markdown=as_markdown, details=True))
    if html is not None:
        from provisioner.cli.html_page import write_reviewed_page

        write_reviewed_page(html, reviewed)
