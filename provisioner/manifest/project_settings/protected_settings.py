"""Finds changes to settings that a branch under review may not change. These settings decide where keys, states and
files are sent or read, and how much an apply may change. The branch may change everything else in the manifests.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.errors import UsageError
from provisioner.manifest.parsing.reading import Reading
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import (
    FILE,
    Settings,
    find,
    read_settings_file,
    resolve_settings,
    resolve_shared_settings,
)
from provisioner.manifest.project_settings.statefolder import enumerate_changed, find_changed
from provisioner.manifest.validation.nearest import enumerate_names
from provisioner.state.backends.opening import is_remote

ADVICE = "it decides where secrets go, so change it in a pull request of its own, which is merged without a plan"

STATE_ADVICE = (
    "only an apply writes it, so bring the branch up to date and take the base branch's: "
    "`git checkout origin/BASE -- STATE_FOLDER`"
)


def find_moved(start: Path, base: Path) -> tuple[Diagnostic, ...]:
    """Returns a diagnostic for each protected setting that a branch under review has changed. `start` is a folder in
    the branch, and `base` is the same folder in a checkout of the base branch. If the state is in a folder of the
    repository, the states of both branches are also compared.

    A diagnostic contains the place of the setting, but not its value. Raises UsageError if no settings file is found
    for one of the two folders, and InvalidManifest if the settings cannot be read.
    """
    folder, other = find(start), find(base)
    if not other.is_relative_to(base.resolve()):  # The folder above may be the branch under review.
        raise UsageError(f"there is no {FILE} in {base}", hint="name the same folder in a checkout of the base branch")
    ours, base_file = read_settings_file(folder), read_settings_file(other)
    here, there = resolve_shared_settings(ours), resolve_shared_settings(base_file)
    moved: dict[str, list[str]] = {}
    if os.path.relpath(folder, start.resolve()) != os.path.relpath(other, base.resolve()):
        moved["the manifests' folder"] = []
    if here.project != there.project:
        moved["`project`"] = []
    if set(here.environments) != set(there.environments):
        moved["`environments`"] = []
    if here.environments and there.environments and here.environment != there.environment:
        moved["`default_environment`"] = []
    states: list[str] = []
    for environment in (None, *sorted(set(here.environments) & set(there.environments))):
        chosen, theirs = (
            (here, there) if environment is None else (_read(ours, environment), _read(base_file, environment))
        )
        guarded = _guarded(theirs)
        for name, value in _guarded(chosen).items():
            if value != guarded[name]:
                moved.setdefault(f"`{name}`", []).extend([environment] if environment else [])
        states += find_changed(chosen, theirs) if "`state`" not in moved else []
    about_state = (_state_diagnostic(here, states),) if states else ()
    return (*_moved_diagnostics(here, moved), *about_state)


def _read(file: Reading, environment: str) -> Settings:
    report = Report()
    settings = resolve_settings(file, environment, {}, report)
    report.finish()
    return settings


def _guarded(settings: Settings) -> dict[str, Any]:
    """Returns the values of the protected settings, keyed by the name of the setting in the settings file. Paths in the
    values are relative to the folder of this file.
    """
    state = settings.state if is_remote(settings.state) else os.path.relpath(settings.state, settings.folder)
    return {
        "state": state,
        "root": os.path.relpath(settings.root, settings.folder),
        "openai_project": settings.openai_project,
        "organization": settings.organization,
        "base_url": settings.base_url,
        "state_encryption": settings.encryption,
        "protected": settings.protected,
        "delete_threshold": settings.delete_threshold,
        "keep_releases": settings.keep_releases,
        "allowed_env": sorted(settings.allowed_env),
    }


def _state_diagnostic(settings: Settings, names: list[str]) -> Diagnostic:
    changed = enumerate_changed(sorted(set(names)))
    return Diagnostic(
        "blocked", f"the state is not as in the base branch: {changed}; {STATE_ADVICE}", _place(settings, "state", [])
    )


def _moved_diagnostics(settings: Settings, moved: dict[str, list[str]]) -> Iterator[Diagnostic]:
    for name, environments in moved.items():
        within = f" in {enumerate_names(environments)}" if environments else ""
        place = _place(settings, name.strip("`"), environments)
        yield Diagnostic("blocked", f"{name} is not as in the base branch{within}; {ADVICE}", place)


def _place(settings: Settings, name: str, environments: list[str]) -> Place:
    """Returns the place of the setting `name`, in the first of `environments` that sets it. If none of them sets it,
    returns its place among the settings that are common to all environments.
    """
    [document] = settings.documents
    blocks = document.data.get("environments") or {}
    chosen = next((each for each in environments if name in (blocks.get(each) or {})), None)
    return document.place((name,) if chosen is None else ("environments", chosen, name), key=True)
