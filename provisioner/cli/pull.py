"""Defines the command `provision pull`."""

from __future__ import annotations

from pathlib import Path

import click

from provisioner.cli.options import parallel, shared
from provisioner.cli.selecting import selecting, selection_of


@click.command()
@click.argument("targets", metavar="[DIR|ADDRESS...]", nargs=-1)
@click.option("--drift", is_flag=True, help="Write the drift of every managed resource into its manifest.")
@selecting(age=False)
@click.option(
    "--files",
    type=click.Path(path_type=Path),
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
    targets: tuple[str, ...],
    drift: bool,
    kind: tuple[str, ...],
    match: tuple[str, ...],
    files: Path | None,
    check: bool,
    as_json: bool,
) -> int:
    """Write unmanaged live objects, or the drift of managed objects, into manifests.

    With DIR: writes manifests for unmanaged live objects into DIR, a new folder below the manifests' folder. Each
    object gets an entry that declares it, and an entry of `imports:`, so that the next plan adopts it and changes
    nothing. Nothing is overwritten: either all files are written, or none. Outside of any project, a new project
    begins: DIR becomes its manifests' folder, and provision.yaml is written, too.

    With ADDRESS or --drift: writes drift (what others changed) into the manifests that declare the objects, and keeps
    comments and order. Drift that cannot be written into a manifest is printed as YAML, with the reason; the exit code
    is 0. A folder whose name looks like an address is written as ./NAME.
    """
    from provisioner.cli.chosen_options import chosen_by
    from provisioner.cli.pulled import addresses_of, write_pulled
    from provisioner.cli.pulled_drift import write_drift
    from provisioner.cli.running import failing_in_form, running
    from provisioner.core.errors import UsageError
    from provisioner.project.new_project import begin_settings

    addresses = addresses_of(targets, drift=drift)
    if addresses is not None and (kind or match or files):
        raise click.UsageError("--kind, --match and --files choose among live objects that nobody manages", context)
    selection = selection_of(kind, match)
    with failing_in_form(json=as_json):
        if addresses is not None:
            with running(context) as project:
                return write_drift(context, project, addresses, check=check, as_json=as_json)
        if files is not None and not files.is_dir():
            raise UsageError(f"{files} is no folder", hint="name the folder with the local files")
        new = begin_settings(chosen_by(context), Path(targets[0]))
        with running(context, new) as project:
            return write_pulled(context, project, selection, targets[0], files, check=check, as_json=as_json)
