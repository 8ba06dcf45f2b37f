"""Carries out `provision state mv` and `provision state rm`: shows the edit, asks for confirmation, and writes the
state.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.confirmation import Consent, confirm_changes
from provisioner.cli.startoptions import with_options_in
from provisioner.cli.state_transfer import keeping
from provisioner.cli.terminal import screen
from provisioner.core.address import Address
from provisioner.engine import record_edits
from provisioner.engine.record_edits import RecordEdit
from provisioner.project.settings import read_settings
from provisioner.review.render.plan_text import plan_text
from provisioner.state.records import State


def move_record(context: click.Context, source: str, target: str, *, yes: bool, confirm: str | None) -> None:
    """Moves a record (the state's entry for one object) from the address `source` to the address `target`. `yes` and
    `confirm` are the values of the options with which the user confirms the change. Raises UsageError if the record
    cannot be moved, StateError if there is no state, and Blocked if the change is refused or not confirmed.
    """
    addresses = Address.parse(source), Address.parse(target)
    _edit(context, "state mv", lambda state: record_edits.move_record(state, *addresses), yes, confirm)


def remove_records(context: click.Context, texts: Sequence[str], *, yes: bool, confirm: str | None) -> None:
    """Removes the records (the state's entries) of the addresses in `texts`. `yes` and `confirm` are the values of the
    options with which the user confirms the change. Raises UsageError if an address has no record, StateError if there
    is no state, and Blocked if the change is refused or not confirmed.
    """
    addresses = [Address.parse(text) for text in texts]
    _edit(context, "state rm", lambda state: record_edits.remove_records(state, addresses), yes, confirm)


def _edit(
    context: click.Context, command: str, make: Callable[[State], RecordEdit], yes: bool, confirm: str | None
) -> None:
    shown, settings = screen(), read_settings(chosen_by(context))
    with keeping(context, command) as backend:
        state = record_edits.read_editable(backend, settings.project, settings.environment)
        edit = make(state)
        shown.result(plan_text(with_options_in(edit.plan), shown.style))
        consent = Consent(yes, confirm, question="Change the state?")
        confirm_changes(settings, edit.plan, shown, consent=consent, reviewed=False)
        written = record_edits.write_edit(backend, edit, command)
        shown.say(f"The state is at serial {written.serial}. Next: provision plan")
