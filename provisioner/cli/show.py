"""`provision show`."""

from __future__ import annotations

import click

from provisioner.cli.options import shared


@click.command()
@click.argument("address", required=False)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@shared
@click.pass_context
def show(context: click.Context, address: str | None, as_json: bool) -> None:
    """Show what the state records: everything, or one ADDRESS whole. Calls nothing."""
    from provisioner.address import Address
    from provisioner.cli.choosing import chosen_by
    from provisioner.cli.screen import screen
    from provisioner.errors import UsageError
    from provisioner.project.wiring import open_project
    from provisioner.render.json_text import dumps
    from provisioner.render.state_text import record_json, record_text, records_text

    shown = screen()
    with open_project(chosen_by(context), online=False) as project:
        state = project.engine.read_state()
    records = state.records if state else {}
    if address is None:
        text = dumps([record_json(records[key]) for key in sorted(records)]) if as_json else records_text(records)
        shown.result(text)
        return
    record = records.get(Address.parse(address))
    if record is None:
        raise UsageError(f"the state records nothing called {address}", hint="`provision show` lists what it records")
    shown.result(dumps(record_json(record)) if as_json else record_text(record))
