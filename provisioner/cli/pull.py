"""The command `provision pull`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.options import parallel, shared
from provisioner.cli.selecting import selecting, selection_of


@click.command()
@click.argument("target", metavar="DIR")
@selecting(age=False)
@click.option(
    "--files",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Name the local files in this folder for uploads that they match.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 2 if there is something to write.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON on stdout.")
@parallel
@shared
@click.pass_context
def pull(
    context: click.Context,
    /,
    target: str,
    kind: tuple[str, ...],
    match: tuple[str, ...],
    files: Path | None,
    check: bool,
    as_json: bool,
) -> int:
    """Write manifests for live objects that nobody manages, into the new folder DIR.

    Each gets an entry and an import, so that the next plan adopts it and changes nothing. DIR is below the manifests'
    folder. Outside of any project, a new one begins: DIR becomes its manifests' folder, and provision.yaml is written,
    too. Nothing is overwritten: the folder is written whole or not at all.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.plan_commands import failing_in_form, running
    from provisioner.cli.pulled import check_no_address, write_pulled
    from provisioner.project.new_project import begin_settings

    selection = selection_of(kind, match)
    with failing_in_form(json=as_json):
        check_no_address(target)
        new = begin_settings(chosen_by(context), Path(target))
        with running(context, new) as project:
            return write_pulled(context, project, selection, target, files, check=check, as_json=as_json)
