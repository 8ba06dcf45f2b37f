"""The manifests alone, for those who call nothing: neither the engine nor the wire is loaded."""

from __future__ import annotations

from provisioner.core.catalog import is_listed
from provisioner.manifest import Manifest, Settings, Sources, find, load, load_whole
from provisioner.manifest.referenced_files import Look
from provisioner.manifest.report import Report
from provisioner.manifest.settings import read_settings as read_settings_alone
from provisioner.project.command_options import Choice


def read_manifest(choice: Choice) -> Manifest:
    """The chosen project's manifests. Raises UsageError, InvalidManifest."""
    manifest = load(find(choice.directory), choice.environment)
    return _warned(manifest)


def read_settings(choice: Choice) -> Settings:
    """The chosen project's settings. Raises UsageError, InvalidManifest."""
    return read_manifest(choice).settings


def read_settings_of(environment: str, choice: Choice) -> Settings:
    """The settings of another environment of the chosen project; nothing else of the manifests is read.

    Raises UsageError, InvalidManifest.
    """
    report = Report()
    settings = read_settings_alone(find(choice.directory), environment, {}, report)
    report.finish()
    return settings


def read_whole(choice: Choice, look: Look) -> tuple[Manifest, Sources]:
    """The chosen project's manifests, and what they were made from; `look` is shown every file. Raises as above."""
    manifest, sources = load_whole(find(choice.directory), choice.environment, look=look)
    return _warned(manifest), sources


def _warned(manifest: Manifest) -> Manifest:
    """The manifest with warnings of models that are not known."""
    if all(is_listed(model.name) for model in manifest.models):
        return manifest
    from provisioner.project.modelnames import warn_of_unknown  # loads the wire, which few manifests need here

    return warn_of_unknown(manifest)
