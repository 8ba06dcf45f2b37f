"""Defines the command `provision steps`."""

from __future__ import annotations

import click

from provisioner.cli.options import shared


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@shared
@click.pass_context
def steps(context: click.Context, as_json: bool) -> None:
    """Show the steps of the last answer in chat or ask: tool calls, inputs, outputs, tokens, times."""
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.terminal import screen
    from provisioner.project.last_run import read_last_run
    from provisioner.project.settings import read_settings
    from provisioner.review.render.json_text import dumps
    from provisioner.review.render.turns.steps_text import steps_text

    body = read_last_run(read_settings(chosen_by(context)).root)
    shown = screen()
    shown.result(dumps(body) if as_json else steps_text(body, shown.style))
