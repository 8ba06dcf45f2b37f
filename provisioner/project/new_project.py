"""Prepares a new project in a folder, for commands that write its first manifests. The settings file is written later,
together with the manifests.
"""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from msgspec.structs import replace

from provisioner.core.defaults import TARGETS
from provisioner.core.errors import UsageError
from provisioner.core.target_names import TARGET_OF
from provisioner.manifest import Settings
from provisioner.manifest.files.folder_contents import Scan
from provisioner.manifest.files.manifest_files import read_folder
from provisioner.manifest.limits import Allowance
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.layers import DEFAULT
from provisioner.manifest.project_settings.rootfolder import default_root, find_fault
from provisioner.manifest.project_settings.settings import FILE, STATE, search
from provisioner.manifest.writing.new_settings import name_project
from provisioner.planning.unmanaged import Unmanaged
from provisioner.project.command_options import Choice
from provisioner.project.wiring import Project


def begin_settings(choice: Choice, folder: Path) -> Settings | None:
    """Returns the settings of a new project with its manifests in `folder`. Returns None if the folder that `choice`
    names, or a folder above it, already contains a project.

    Raises UsageError if `folder` is a symbolic link, is in another project, contains manifests, or cannot be a
    project's folder. Also raises UsageError if `choice` names an environment of the project, because a new project has
    only the default environment.
    """
    if search(choice.folder) is not None:
        return None
    if folder.is_symlink():
        raise UsageError(f"{folder} is a symbolic link, which is not followed", hint="name a new folder")
    folder = folder.resolve()
    if (other := search(folder)) is not None:
        raise UsageError(
            f"{folder} lies in the project in {other}, and this command was started outside of it",
            hint="go to the folder of that project, or name it with -C",
        )
    if choice.environment not in (None, DEFAULT):
        raise UsageError(
            f"there is no environment `{choice.environment}`: no project was found, and a new one has no environments",
            hint=f"leave out --env, and declare environments in {FILE} afterwards",
        )
    root = default_root(folder)
    if fault := find_fault(root, folder):
        raise UsageError(f"{folder} cannot hold manifests: it is {fault}", hint="name a new folder, such as manifests")
    state = Path(os.path.abspath(folder / STATE))
    settings = Settings(name_project(folder), DEFAULT, (), TARGETS[0], str(state), root, folder)
    _check_empty(settings)
    return settings


def _check_empty(settings: Settings) -> None:
    """Raises UsageError if the folder of the new project contains manifests, because they would become a part of the
    new project.
    """
    if not settings.folder.is_dir():
        return
    report = Report()
    readings, _ = read_folder(settings, report, Allowance(), Scan())
    report.finish()
    if readings:
        raise UsageError(
            f"{settings.folder} holds manifests already, such as {readings[0].document.path.name}, but no {FILE}",
            hint=f"write a {FILE} there (`project: NAME`), or name a new folder",
        )


def check_stateless(project: Project) -> None:
    """Raises UsageError if the location for the state of the new project contains a state or a journal already.
    Otherwise the next plan would delete the objects in this state, because the new manifests do not declare them.
    """
    if project.backend.read() is not None or project.backend.read_journal():
        raise UsageError(
            f"there is a state already in {project.settings.state}, but no {FILE} of its project was found",
            hint=f"name a folder elsewhere, move the state away, or write the {FILE} to which it belongs",
        )


def fit_target(project: Project, objects: Iterable[Unmanaged]) -> Project:
    """Returns a copy of the new project with another default target. A target is the API for which an assistant is
    made. The new default is the target of most assistants in `objects`, so that few entries in the manifests need a
    `target` of their own.

    If two targets have the same number of assistants, the target that comes first in TARGETS is used. If `objects`
    contains no assistants and agents, the default target stays.
    """
    counts = Counter(target for each in objects if (target := TARGET_OF.get(each.type)) is not None)
    if not counts:
        return project
    target = max(TARGETS, key=lambda name: counts[name])
    settings = dataclasses.replace(project.settings, target=target)
    return replace(project, manifest=replace(project.manifest, settings=settings))
