"""Defines the command `provision export`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.options import shared

if TYPE_CHECKING:
    from provisioner.core.declaredtest import DeclaredTest
    from provisioner.project.command_options import Choice

FORMATS = ("json", "python", "typescript", "dotenv", "env", "promptfoo", "openai-agents")
#: The format that contains the tests of the manifests. All others need only the state.
WITH_TESTS = "promptfoo"


@click.command()
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="json", metavar="FORMAT",
    help="json, python, typescript, dotenv, env, promptfoo or openai-agents.  [default: json]",
)  # fmt: skip
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write a file in this folder instead of to stdout."
)
@shared
@click.pass_context
def export(context: click.Context, form: str, out: Path | None) -> None:
    """Write definitions and ids in a form that applications or other tools read.

    A definition contains the settings of an assistant for the Responses API. Reads only the state; --format promptfoo
    also reads the tests in the manifests. Stops if the state is not the state that was written last. No secret is
    written: the value of `{runtime: NAME}` is read from the environment variable NAME when the output is used.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.terminal import screen
    from provisioner.engine.snapshot import read_checked_state
    from provisioner.project.exporting import check_folder, write_exported
    from provisioner.project.settings import open_settings
    from provisioner.review.export import FORMATS as RENDERED
    from provisioner.review.export import read_exported

    chosen = chosen_by(context)
    if out is not None:
        check_folder(out, RENDERED[form])
    with open_settings(chosen) as opened:
        state, notes = read_checked_state(opened.backend, opened.identity)
    tests = _read_tests(chosen) if form == WITH_TESTS else ()
    exported = read_exported(state, opened.settings.project, opened.settings.environment, tests)
    text = RENDERED[form].render(exported, notes)
    shown = screen()
    if state is None or not state.records:
        environment = opened.settings.environment
        shown.note(f"the state of the environment {environment} records nothing, so nothing is exported")
        shown.note("  run `provision apply` first, or choose another environment with --env")
    for note in notes:
        shown.note(note)
    if out is None:
        shown.result(text.removesuffix("\n"))
    else:
        shown.say(f"written: {write_exported(out, RENDERED[form], text)}")


def _read_tests(chosen: Choice) -> tuple[DeclaredTest, ...]:
    from provisioner.project.manifests import read_manifest

    return read_manifest(chosen).tests
