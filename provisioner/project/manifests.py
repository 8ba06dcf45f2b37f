"""Reads the manifests for commands that make no API calls. The engine is not imported here. The HTTP client is imported
only if a manifest names a model that the catalog does not contain.
"""

from __future__ import annotations

import os

from provisioner.core.catalog import is_listed
from provisioner.manifest import Manifest, Sources, find, load, load_whole
from provisioner.manifest.expressions.variables import GivenValues
from provisioner.manifest.files.referenced_files import Look
from provisioner.project.command_options import Choice
from provisioner.project.digest_cache import keeping_digests


def read_manifest(choice: Choice) -> Manifest:
    """Returns the manifests of the chosen project. Raises UsageError if no project is found, and InvalidManifest if the
    manifests have errors.
    """
    with keeping_digests() as open_digests:
        folder, given = find(choice.folder), given_values_of(choice)
        manifest = load(folder, choice.environment, given=given, open_digests=open_digests)
    return _warned(manifest)


def read_whole(choice: Choice, look: Look) -> tuple[Manifest, Sources]:
    """Returns the manifests of the chosen project, and the parsed sources from which they were made.

    `look` is called with the beginning of each hashed file. Raises UsageError if no project is found, and
    InvalidManifest if the manifests have errors.
    """
    with keeping_digests() as open_digests:
        folder, given = find(choice.folder), given_values_of(choice)
        manifest, sources = load_whole(folder, choice.environment, look=look, given=given, open_digests=open_digests)
    return _warned(manifest), sources


def given_values_of(choice: Choice) -> GivenValues:
    """Returns the values of variables that the command line and the environment variables of this process set."""
    return GivenValues(choice.variables, choice.variable_files, os.environ)


def _warned(manifest: Manifest) -> Manifest:
    """Returns `manifest` with an additional warning for each model that is not in the catalog, the list of models in
    this version of provision.
    """
    if all(is_listed(model.name) for model in manifest.models):
        return manifest
    # Few manifests need this import, which loads the HTTP package.
    from provisioner.project.modelnames import warn_of_unknown

    return warn_of_unknown(manifest)
