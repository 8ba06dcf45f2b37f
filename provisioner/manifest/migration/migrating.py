"""Makes the texts of manifests from sources: reads the sources, makes manifest entries from the objects, and divides
the entries into files. This module writes no files.
"""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.diagnostic import Diagnostic, in_order
from provisioner.core.errors import InvalidManifest, UsageError
from provisioner.manifest.migration.collection import Collection, LocalPaths
from provisioner.manifest.migration.existing_project import read_existing
from provisioner.manifest.migration.sources import read_sources
from provisioner.manifest.project_settings.settings import FILE
from provisioner.manifest.writing.entries import Entries, make_entries
from provisioner.manifest.writing.layout import lay_out
from provisioner.manifest.writing.new_settings import name_project, settings_text
from provisioner.manifest.writing.outcomes import ObjectReport

#: The model of assistants whose model could not be read.
DEFAULT_MODEL = "gpt-6-luna"


class Migration(Struct, frozen=True):
    """The result of a migration. `files` maps paths in the folder to the texts of the files. `objects` is a report on
    each object, and `problems` are the problems that were found in the sources.
    """

    target: str
    files: dict[str, str]
    objects: tuple[ObjectReport, ...]
    problems: tuple[Diagnostic, ...] = ()


def migrate(
    sources: list[Path],
    folder: Path,
    target: str | None = None,
    *,
    imports: bool = False,
    environment: str | None = None,
) -> Migration:
    """Returns the manifests for all objects that the sources contain. `folder` is the folder to which the caller will
    write the manifests. `target` is the API for which the assistants are made. If it is None, the target of the project
    to which `folder` belongs is used. For a new project, the target TARGETS[0] is used.

    With `imports`, the manifests import the objects that have an id. In a project with environments, these imports
    apply only in `environment`, or in the default environment if `environment` is None.

    Raises InvalidManifest if a source has errors, or if no object was found and there are warnings about the sources.
    Raises UsageError if no object was found and there are no warnings, or if `imports` needs an environment and none is
    chosen.
    """
    project = read_existing(folder, environment, imports=imports)
    chosen = target or project.target
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
    if imports:
        problems += project.imported_already(found)
        found = [each for each in found if each.id not in project.taken.ids]
    entries = project.fit(make_entries(found, chosen, imports=imports, taken=project.taken.names), chosen)
    files = lay_out(entries)
    if project.settings is None:
        files[FILE] = _settings(folder, chosen, entries)
    return Migration(chosen, dict(sorted(files.items())), entries.objects, tuple(problems))


def _settings(folder: Path, target: str, entries: Entries) -> str:
    assistants = entries.sections.get("assistants", {})
    lacks_model = any("model" not in entry for entry in assistants.values())
    return settings_text(name_project(folder), target, DEFAULT_MODEL if lacks_model else None)
