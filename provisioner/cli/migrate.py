"""Defines the command `provision migrate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provisioner.cli.options import shared
from provisioner.core.defaults import TARGETS

if TYPE_CHECKING:
    from provisioner.manifest.migration.migrating import Migration


@click.command()
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--target",
    type=click.Choice(TARGETS),
    default=None,
    metavar="TARGET",
    help="responses, agents, or assistants: the API that assistants are realised on.  [default: that of the project of "
    "DIR, or responses]",
)
@click.option("--imports", is_flag=True, help="Also write imports.yaml: the next apply takes over objects with ids.")
@click.option("--dry-run", is_flag=True, help="Only report; write nothing.")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Also write the report to FILE, as JSON if it ends with .json, otherwise as Markdown.",
)
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on stdout.")
@click.option("--markdown", is_flag=True, help="The report as Markdown on stdout.")
@shared
@click.pass_context
def migrate(
    context: click.Context,
    sources: tuple[Path, ...],
    folder: Path,
    target: str | None,
    imports: bool,
    dry_run: bool,
    report: Path | None,
    as_json: bool,
    markdown: bool,
) -> None:
    """Make manifests from dumps, notebooks, Terraform and source code.

    Reads each SOURCE, and executes nothing. A SOURCE is JSON of the API, text that Python printed, a notebook,
    Terraform's state or configuration, Python or TypeScript, OpenAPI, an agent file of another tool, or a folder of
    such files.

    Writes manifests to DIR, and reports for each field whether it was carried over. Overwrites nothing. If DIR belongs
    to an existing project, the new resources get no name that the project already uses.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.running import failing_in_form
    from provisioner.cli.terminal import screen
    from provisioner.manifest.migration.migrating import migrate as make
    from provisioner.manifest.writing.folder import write_folder
    from provisioner.review.render.plan_text import diagnostic_text

    if as_json and markdown:
        raise click.UsageError("--json and --markdown are two formats; choose one")
    shown = screen()
    with failing_in_form(json=as_json, markdown=markdown):
        made = make(list(sources), folder, target, imports=imports, environment=chosen_by(context).environment)
        _check_report(report, folder)
        if not dry_run:
            write_folder(folder, made.files)
    if report is not None:
        _write_report(report, made)
    if not as_json:
        for problem in made.problems:
            shown.explain(diagnostic_text(problem, shown.style))
    shown.result(_render(made, as_json=as_json, markdown=markdown))
    if not dry_run:
        shown.note(f"Wrote {len(made.files)} files to {folder}. Look at them, then: provision -C {folder} validate")


def _render(made: Migration, *, as_json: bool, markdown: bool) -> str:
    from provisioner.cli.terminal import screen
    from provisioner.review.render.json_text import dumps
    from provisioner.review.render.migration_report import migration_json, migration_markdown, migration_text

    if as_json:
        return dumps(migration_json(made))
    return migration_markdown(made) if markdown else migration_text(made, screen().style)


def _check_report(report: Path | None, folder: Path) -> None:
    """Raises UsageError if `report`, the file for the report, exists already. None means that no report is written to a
    file.
    """
    import os

    from provisioner.core.errors import UsageError

    if report is not None and os.path.lexists(report):
        raise UsageError(f"{report} exists already; nothing was written", hint="name a new file for the report")


def _write_report(report: Path, made: Migration) -> None:
    from provisioner.core.errors import UsageError
    from provisioner.core.files.own import create_own

    text = _render(made, as_json=report.suffix == ".json", markdown=report.suffix != ".json")
    try:
        create_own(report, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise UsageError(f"{report} cannot be written: {error.strerror}", hint="name a new file in a folder") from error
