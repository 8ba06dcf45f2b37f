"""Carries out `provision pull DIR`: lists the objects at OpenAI, makes manifests for them, writes the manifests, and
prints the result for each object.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from provisioner.cli.chosen_options import chosen_by
from provisioner.cli.terminal import screen
from provisioner.core.address import Address
from provisioner.core.errors import UsageError
from provisioner.core.exitcode import ExitCode
from provisioner.manifest.project_settings.settings import search
from provisioner.manifest.writing.folder import write_folder
from provisioner.planning.unmanaged import Selection
from provisioner.project.manifests import given_values_of
from provisioner.project.new_project import check_stateless
from provisioner.project.pulling import make_manifests
from provisioner.project.unmanaged import survey_project
from provisioner.project.wiring import Project
from provisioner.review.render.json_text import dumps
from provisioner.review.render.pulled_text import pulled_json, pulled_text


def write_pulled(
    context: click.Context,
    project: Project,
    selection: Selection,
    target: str,
    files: Path | None,
    *,
    check: bool,
    as_json: bool,
) -> ExitCode:
    """Writes manifests for unmanaged objects (objects at OpenAI that the state does not record) into the folder
    `target`, and prints the result, as JSON if `as_json` is True. `selection` selects the objects. If `check` is True,
    nothing is written. `files` is a folder that is searched for local copies of uploaded files, or None.

    Returns CHANGES if `check` is True and there are manifests to write, otherwise DONE. Raises UsageError if `target`
    is not below the manifests' folder, or if a file that would be written exists already.
    """
    folder = check_folder(target, project.settings.folder)
    if project.is_new:
        check_stateless(project)
    choice = chosen_by(context)
    found, snapshot = survey_project(project, choice)
    pulled = make_manifests(project, snapshot.state, found, selection, folder, files, given_values_of(choice))
    if pulled.files and not check:
        write_folder(folder, pulled.files)
    shown = screen()
    paths = [os.path.relpath(folder / name) for name in pulled.files]
    if as_json:
        shown.result(dumps(pulled_json(pulled.objects, pulled.left, paths, found, written=not check)))
    else:
        shown.result(pulled_text(pulled.objects, pulled.left, paths, found, written=not check))
        if pulled.files and not check:
            shown.note(f"Next: {_next_command(context, project, target)}")
    return ExitCode.CHANGES if check and pulled.files else ExitCode.DONE


def addresses_of(targets: Sequence[str], *, drift: bool) -> list[Address] | None:
    """Returns the addresses of the resources whose drift (what others changed) `provision pull` writes into manifests.
    `targets` are the arguments of the command, and `drift` is the value of its option `--drift`.

    With `--drift`, returns an empty list, which means all resources. Returns None if the only argument names a folder.
    Raises UsageError if the arguments cannot be used together.
    """
    named = [is_address(each) for each in targets]
    if drift and not targets:
        return []
    if targets and all(named) and not drift:
        return [Address.parse(each) for each in targets]
    if len(targets) == 1 and not drift:
        return None
    raise UsageError(
        "provision pull takes one folder, or addresses, or --drift",
        hint="provision pull ./pulled writes what nobody manages, provision pull --drift what others changed",
    )


def _next_command(context: click.Context, project: Project, target: str) -> str:
    """Returns the `provision plan` command that plans the manifests in the folder `target`.

    If the project is new and would not be found from the current folder, the command has the option `-C` with the
    project's folder. In this case, the command also has `--emulator` if this run has it.
    """
    choice = chosen_by(context)
    if not project.is_new or search(choice.folder) == project.settings.folder:
        return "provision plan"
    return shlex.join(["provision", "-C", target, *(["--emulator"] if choice.emulator else []), "plan"])


def check_folder(target: str, manifests: Path) -> Path:
    """Returns the absolute path of `target`, the folder to which manifests will be written. Raises UsageError if
    `target` is not below `manifests`, the folder of the project's manifests.
    """
    folder = Path(os.path.abspath(target))
    real = folder.resolve()
    if not real.is_relative_to(manifests):
        raise UsageError(
            f"{target} is not below the manifests' folder {manifests}, so no manifest there is read",
            hint=f"write provision pull {os.path.relpath(manifests / 'pulled')}",
        )
    return real


def is_address(text: str) -> bool:
    """Returns whether `text`, an argument of `provision pull`, is an address. Every other argument names a folder. A
    folder whose name looks like an address must be written as `./NAME`.
    """
    try:
        Address.parse(text)
    except UsageError:
        return False
    return True
