"""Checks manifests before they are written: finds the changes that the next plan would make in the imported objects.

The manifests are read in a temporary folder, and are compared with the live objects that were listed earlier. No API is
called.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from provisioner.core.address import Address
from provisioner.core.errors import InvalidManifest, ProvisionError
from provisioner.manifest import Manifest, Settings, load
from provisioner.manifest.project_settings.settings import FILE
from provisioner.manifest.writing.folder import write_folder
from provisioner.manifest.writing.yaml_text import write_yaml
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual, make_plan
from provisioner.planning.plan import Action, Change
from provisioner.state.records import State


def try_manifests(
    files: Mapping[str, str | bytes], settings: Settings, lives: Mapping[Address, Live]
) -> dict[str, str]:
    """Returns the resources that the next plan would not adopt without changes, keyed by address. The value of each is
    a text that says what the plan would do, or which error the resource has.

    `files` maps the paths of the manifests, and of the files of skills, to their contents. `lives` maps addresses to
    the live objects that the resources import. Raises ProvisionError if the manifests have errors that belong to no
    address.
    """
    try:
        manifest = _read(files, settings)
    except InvalidManifest as error:
        return _problems(error)
    plan = make_plan(manifest.resources, State.new(account="", project="", environment=""), Actual(imports=lives))
    found = {str(change.address): _describe(change) for change in plan.changes if not _is_unchanged(change)}
    found |= {str(each.address): each.message for each in plan.diagnostics if each.severity == "error" and each.address}
    return found


def _read(files: Mapping[str, str | bytes], settings: Settings) -> Manifest:
    own: dict[str, Any] = {"project": settings.project, "target": settings.target}
    if settings.defaults:
        own["defaults"] = dict(settings.defaults)
    if settings.environments:
        own["environments"] = {name: {} for name in settings.environments}
    with tempfile.TemporaryDirectory(prefix="provision-pull-") as folder:
        manifests = Path(folder).resolve() / "manifests"
        write_folder(manifests, {FILE: write_yaml(own), **files})
        return load(manifests, settings.environment if settings.environments else None)


def _problems(error: InvalidManifest) -> dict[str, str]:
    errors = [each for each in error.diagnostics if each.severity == "error"]
    found = {each.address: each.message for each in errors if each.address}
    if not found:
        told = errors[0] if errors else None
        raise ProvisionError(
            f"the manifests that would be written have errors: {told.text if told else error.message}",
            hint="nothing was written; leave the object out with --match, and please report it",
        )
    return found


def _is_unchanged(change: Change) -> bool:
    return change.action is Action.ADOPT and not change.fields


def _describe(change: Change) -> str:
    if change.action is Action.ADOPT:
        return f"manifests cannot express it: adopting it would change {', '.join(change.fields)}"
    return f"manifests cannot express it: the plan would {change.action.value} {change.address}"
