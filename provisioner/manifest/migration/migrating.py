"""Makes the texts of manifests from sources: reads the sources, makes manifest entries from the objects, and divides
the entries into files. This module writes no files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from provisioner.core.diagnostic import Diagnostic, in_order
from provisioner.core.errors import InvalidManifest, UsageError
from provisioner.manifest.migration.collection import Collection, LocalPaths
from provisioner.manifest.migration.sources import read_sources
from provisioner.manifest.project_settings.settings import FILE
from provisioner.manifest.writing.entries import Entries, make_entries
from provisioner.manifest.writing.layout import lay_out
from provisioner.manifest.writing.new_settings import has_settings, name_project, settings_text
from provisioner.manifest.writing.outcomes import ObjectReport

#: The model of assistants whose model could not be read.
DEFAULT_MODEL = "gpt-6-luna"


@dataclass(frozen=True)
class Migration:
    """The result of a migration: the texts of the files by their paths in the folder, a report on each object, and the
    problems that were found in the sources.
    """

    target: str
    files: dict[str, str]
    objects: tuple[ObjectReport, ...]
    problems: tuple[Diagnostic, ...] = ()


def migrate(sources: list[Path], folder: Path, target: str, *, imports: bool = False) -> Migration:
    """Returns the manifests for everything that the sources create. `folder` is where they will be written.

    With `imports`, the manifests import the objects that have an id. Raises InvalidManifest for sources with errors,
    and UsageError if nothing was found.
    """
    collection, paths = Collection(), LocalPaths(folder)
    for _, reading in read_sources(sources):
        collection.add(reading, paths)
    problems = in_order(collection.problems)
    if any(each.severity == "error" for each in problems):
        raise InvalidManifest(problems)
    found = collection.objects()
    if not found:
        raise (
            InvalidManifest([replace(each, severity="error") for each in problems])
            if problems
            else UsageError("the sources create no assistant, agent, vector store, file or tool", hint="name others")
        )
    entries = make_entries(found, target, imports=imports)
    files = lay_out(entries)
    if not has_settings(folder):
        files[FILE] = _settings(folder, target, entries)
    return Migration(target, dict(sorted(files.items())), entries.objects, tuple(problems))


def _settings(folder: Path, target: str, entries: Entries) -> str:
    assistants = entries.sections.get("assistants", {})
    lacks_model = any("model" not in entry for entry in assistants.values())
    return settings_text(name_project(folder), target, DEFAULT_MODEL if lacks_model else None)
