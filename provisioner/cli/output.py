"""Defines the command `provision output`."""

from __future__ import annotations

import click

from provisioner.cli.completing import complete_assistant
from provisioner.cli.options import shared


@click.command()
@click.argument("name", required=False, shell_complete=complete_assistant)
@click.option("--json", "as_json", is_flag=True, help="As JSON, for applications.")
@shared
@click.pass_context
def output(context: click.Context, name: str | None, as_json: bool) -> None:
    """Print what applications need: ids, and definitions for the Responses API.

    NAME selects one assistant. Reads only the state, and stops if the state is not the state that was written last.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.startoptions import with_options
    from provisioner.cli.terminal import screen
    from provisioner.core.errors import UsageError
    from provisioner.engine.snapshot import read_checked_state
    from provisioner.project.settings import open_settings
    from provisioner.review.render.output import output_json, output_text
    from provisioner.review.render.safe_json import dumps

    with open_settings(chosen_by(context)) as opened:
        state, notes = read_checked_state(opened.backend, opened.identity)
    for note in notes:
        screen().note(note)
    body = output_json(state)
    if name is not None:
        if name not in body["assistants"]:
            known = ", ".join(sorted(body["assistants"])) or "none"
            raise UsageError(f"no assistant called {name} is in the state", hint=f"there are: {known}")
        screen().result(dumps(body["assistants"][name]))
        return
    screen().result(dumps(body) if as_json else with_options(output_text(body)))
