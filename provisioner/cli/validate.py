"""Defines the command `provision validate`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.options import shared

if TYPE_CHECKING:
    from provisioner.cli.terminal import Screen
    from provisioner.core.diagnostic import Diagnostic


@click.command()
@click.option(
    "--base",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Block (3) if settings that a branch may not choose differ from those here.",
)
@click.option("--json", "as_json", is_flag=True, help="The problems as JSON on stdout.")
@shared
@click.pass_context
def validate(context: click.Context, base: Path | None, as_json: bool) -> int:
    """Check the manifests without any API call.

    Reports every problem of all files in one run, as path:line:column: what is wrong; what to do.

    --base is for CI: DIR is a checkout of the base branch. The exit code is 3 if the settings that decide where secrets
    are sent differ from the settings in DIR.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.terminal import screen
    from provisioner.core.errors import ProvisionError, diagnose
    from provisioner.core.exitcode import ExitCode
    from provisioner.project.manifests import read_manifest
    from provisioner.review.render.units import plural

    shown = screen()
    try:
        manifest = read_manifest(chosen_by(context))
        moved = _find_moved(chosen_by(context).folder, base) if base else ()
    except ProvisionError as error:
        if as_json:
            _print_json(diagnose(error), shown)
        raise
    diagnostics = (*manifest.diagnostics, *moved)
    if as_json:
        _print_json(diagnostics, shown)
        return ExitCode.BLOCKED if moved else ExitCode.DONE
    _explain(diagnostics, shown)
    if moved:
        return ExitCode.BLOCKED
    counts = Counter(resource.address.kind for resource in manifest.resources)
    parts = [plural(count, kind.replace("_", " ")) for kind, count in sorted(counts.items())]
    shown.say(f"{manifest.settings.project} is valid: {', '.join(parts) or 'nothing is declared'}.")
    return ExitCode.DONE


def _find_moved(folder: Path, base: Path) -> tuple[Diagnostic, ...]:
    from provisioner.manifest.project_settings.protected_settings import find_moved

    return find_moved(folder, base)


def _print_json(diagnostics: Sequence[Diagnostic], shown: Screen) -> None:
    from provisioner.review.render.safe_json import diagnostics_json, dumps

    shown.result(dumps({"diagnostics": diagnostics_json(diagnostics)}))


def _explain(diagnostics: Sequence[Diagnostic], shown: Screen) -> None:
    """Prints the diagnostics. The module that shows plans is imported only if there is a diagnostic."""
    if not diagnostics:
        return
    from provisioner.cli.startoptions import with_options_of
    from provisioner.review.render.plan_text import diagnostic_text

    for diagnostic in diagnostics:
        shown.explain(diagnostic_text(with_options_of(diagnostic), shown.style))
