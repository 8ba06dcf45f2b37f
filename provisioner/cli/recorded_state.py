"""Prints the records of the state, for `provision show` and `provision state`."""

from __future__ import annotations

import click

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.startoptions import with_options
from provisioner.cli.terminal import screen
from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.engine.snapshot import read_checked
from provisioner.project.settings import open_settings
from provisioner.review.render.safe_json import dumps
from provisioner.review.render.state_text import record_json, record_text, records_text
from provisioner.state.records import State


def show_records(context: click.Context, *, as_json: bool) -> None:
    """Prints one line for each record in the state, and for each retired object (an object that was replaced and is not
    deleted yet). If `as_json` is True, prints only the records, as JSON.
    """
    state = _read(context)
    records, retired = (state.records, state.retired) if state else ({}, ())
    if as_json:
        screen().result(dumps([record_json(records[address]) for address in sorted(records)]))
    else:
        screen().result(with_options(records_text(records, retired)))


def show_record(context: click.Context, text: str, *, as_json: bool) -> None:
    """Prints all fields of the record (the state's entry for one object) whose address is `text`, as JSON if `as_json`
    is True. Raises UsageError if the state has no such record.
    """
    state = _read(context)
    record = state.records.get(Address.parse(text)) if state else None
    if record is None:
        raise UsageError(
            f"the state records nothing called {text}", hint="`provision state list` lists what it records"
        )
    screen().result(dumps(record_json(record)) if as_json else record_text(record))


def _read(context: click.Context) -> State | None:
    """Returns the present state with the changes in the journal, or None if there is neither. Prints a warning on
    stderr if a plan would refuse the state.
    """
    with open_settings(chosen_by(context)) as opened:
        snapshot, notes = read_checked(opened.backend, opened.identity, accepted=True, project=False)
    for note in notes:
        if note.severity == "warning":
            screen().note(f"warning: {note.message}")
    return snapshot.recorded
