"""Adapts the manifests of a migration to an existing project, if their folder belongs to one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.defaults import TARGETS
from provisioner.core.diagnostic import Diagnostic, Place
from provisioner.core.errors import UsageError
from provisioner.manifest.parsing.report import Report
from provisioner.manifest.project_settings.settings import FILE, Settings, read_settings
from provisioner.manifest.taken_names import NOTHING_TAKEN, TakenNames, find_taken
from provisioner.manifest.validation.nearest import enumerate_names
from provisioner.manifest.writing.entries import Entries
from provisioner.manifest.writing.found import Found
from provisioner.manifest.writing.inherited import take_away


class ExistingProject(Struct, frozen=True):
    """The project to which a folder belongs. `settings` is None if the folder belongs to no project."""

    settings: Settings | None = None
    taken: TakenNames = NOTHING_TAKEN

    @property
    def target(self) -> str:
        """The target (the API) of an assistant whose manifest entry does not name a target."""
        return self.settings.target if self.settings is not None else TARGETS[0]

    def imported_already(self, found: Iterable[Found]) -> Iterator[Diagnostic]:
        """Yields a warning for each object in `found` whose id an entry of `imports:` in the project already contains.
        The migration leaves these objects out.
        """
        for each in found:
            if each.id in self.taken.ids:
                place = each.place or Place(FILE)
                yield Diagnostic(
                    "warning", f"{each.id} is imported already by a manifest of the project; left out", place
                )

    def fit(self, entries: Entries, target: str) -> Entries:
        """Changes manifest entries so that they can be added to the project, and returns them. `target` is the API for
        which the migration makes assistants.

        If an assistant has no value for a default of the project, the field is set to null, so that the default does
        not apply. This is not done for the default model. If the setting `target` of the project is another target,
        `target` is written into each new assistant. If the project has environments, each import names the chosen
        environment.
        """
        settings = self.settings
        if settings is None:
            return entries
        for entry in entries.sections.get(ASSISTANT_KIND.section, {}).values():
            if target != settings.target:
                entry.setdefault("target", target)
            take_away(entry, settings.defaults, kept=("model",))
        environment = {"environment": settings.environment} if settings.environments else {}
        return replace(entries, imports=tuple({**each, **environment} for each in entries.imports))


def read_existing(folder: Path, environment: str | None, *, imports: bool) -> ExistingProject:
    """Returns the project whose settings file is in `folder` or in the nearest folder above it. If there is no settings
    file, the result has no settings.

    `environment` is the name of the chosen environment of the project. Raises InvalidManifest if the settings cannot be
    used. Raises UsageError if `imports` is True and the project has environments, but none is chosen or the chosen one
    is not declared.
    """
    whole = Path(os.path.abspath(folder))
    home = next((each for each in (whole, *whole.parents) if os.path.lexists(each / FILE)), None)
    if home is None:
        return ExistingProject()
    settings = read_settings(home.resolve(), environment, {}, Report())
    if imports and not settings.is_known:
        names = enumerate_names(settings.environments)
        what = "no environment is chosen" if environment is None else f"there is no environment `{environment}`"
        raise UsageError(
            f"{what}, and an object belongs to one environment; declared are {names}", hint="choose one with --env"
        )
    return ExistingProject(settings, find_taken(settings))
