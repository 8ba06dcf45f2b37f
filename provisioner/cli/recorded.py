"""Showing what the state records."""

from __future__ import annotations

import click

from provisioner.address import Address
from provisioner.cli.choosing import chosen_by
from provisioner.cli.screen import screen
from provisioner.errors import UsageError
from provisioner.project.wiring import open_project
from provisioner.render.json_text import dumps
from provisioner.render.state_text import record_json, record_text, records_text
from provisioner.state import Record


def show_records(context: click.Context, *, as_json: bool) -> None:
    """A line for each record, or all of them as JSON."""
    records = _read(context)
    body = [record_json(records[address]) for address in sorted(records)]
    screen().result(dumps(body) if as_json else records_text(records))


def show_record(context: click.Context, text: str, *, as_json: bool) -> None:
    """One record whole. Raises UsageError where there is none."""
    record = _read(context).get(Address.parse(text))
    if record is None:
        raise UsageError(f"the state records nothing called {text}", hint="`provision state list` lists what it does")
    screen().result(dumps(record_json(record)) if as_json else record_text(record))


def _read(context: click.Context) -> dict[Address, Record]:
    with open_project(chosen_by(context), online=False) as project:
        state = project.engine.read_state()
    return dict(state.records) if state else {}
