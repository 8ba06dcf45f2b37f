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
    from provisioner.address import Address
    from provisioner.cli.choosing import chosen_by
    from provisioner.cli.running import read_reviewed
    from provisioner.cli.screen import screen
    from provisioner.errors import UsageError
    from provisioner.project.wiring import open_project
    from provisioner.render.json_text import dumps, plan_json
    from provisioner.render.plan_text import plan_text
    from provisioner.render.state_text import record_json, record_text, records_text

    shown = screen()
    if what is not None and Path(what).is_file():
        reviewed = read_reviewed(Path(what))
        text = dumps(plan_json(reviewed.plan)) if as_json else plan_text(reviewed.plan, shown.style, details=True)
        shown.result(text)
        return
    with open_project(chosen_by(context), online=False) as project:
        state = project.engine.read_state()
    records = state.records if state else {}
    if what is None:
        text = dumps([record_json(records[key]) for key in sorted(records)]) if as_json else records_text(records)
        shown.result(text)
        return
    record = records.get(Address.parse(what))
    if record is None:
        raise UsageError(f"the state records nothing called {what}", hint="`provision show` lists what it records")
    shown.result(dumps(record_json(record)) if as_json else record_text(record))
