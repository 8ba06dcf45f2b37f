"""`provision show`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.options import shared


@click.command()
@click.argument("what", required=False, metavar="[ADDRESS|FILE]")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@shared
@click.pass_context
def show(context: click.Context, what: str | None, as_json: bool) -> None:
    """Show what the state records: everything, or one ADDRESS whole; or a plan FILE. Calls nothing."""
    from provisioner.cli.recorded import show_record, show_records

    if what is not None and Path(what).is_file():
        _show_plan(context, Path(what), as_json=as_json)
    elif what is not None:
        show_record(context, what, as_json=as_json)
    else:
        show_records(context, as_json=as_json)


def _show_plan(context: click.Context, path: Path, *, as_json: bool) -> None:
    from provisioner.cli.choosing import chosen_by
    from provisioner.cli.reviewed import read_reviewed
    from provisioner.cli.screen import screen
    from provisioner.project.keys import find_seal
    from provisioner.project.manifests import read_settings
    from provisioner.render.json_text import dumps, plan_json
    from provisioner.render.plan_text import plan_text

    plan = read_reviewed(path, lambda: find_seal(read_settings(chosen_by(context)))).plan
    shown = screen()
    shown.result(dumps(plan_json(plan)) if as_json else plan_text(plan, shown.style, details=True))
