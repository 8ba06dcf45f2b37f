"""Steps of the tests on unmanaged objects: a project in this process, on the session's emulator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from provisioner.engine.collecting import Candidates, check_survey, choose, delete_chosen
from provisioner.manifest.writing.folder import write_folder
from provisioner.planning.plan import Plan
from provisioner.planning.unmanaged import Selection, Survey
from provisioner.project.command_options import Choice
from provisioner.project.pulling import Pulled, make_manifests
from provisioner.project.unmanaged import survey_project
from provisioner.project.wiring import Project, open_project
from tests.conftest import write_file

if TYPE_CHECKING:
    from openai import OpenAI

EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class Desk:
    """A project in a folder, and a client on the account. `environment` is the chosen one."""

    folder: Path
    client: OpenAI
    environment: str | None = None

    def write(self, files: Mapping[str, str]) -> None:
        """Writes files below `manifests/`."""
        for name, text in files.items():
            write_file(self.folder / "manifests" / name, text)

    @property
    def choice(self) -> Choice:
        return Choice(directory=self.folder, environment=self.environment, grace=0)

    @contextmanager
    def open(self) -> Iterator[Project]:
        with open_project(self.choice) as project:
            yield project

    def survey(self) -> Survey:
        with self.open() as project:
            return survey_project(project, self.choice)[0]

    def candidates(self, selection: Selection) -> Candidates:
        """What `gc` would delete and keep."""
        with self.open() as project:
            found, snapshot = survey_project(project, self.choice)
            check_survey(found, snapshot, project.engine.identity.owner)
            return choose(found, selection)

    def delete(self, candidates: Candidates) -> Any:
        """What became of the chosen objects."""
        with self.open() as project:
            return delete_chosen(project.engine.collections, candidates.chosen, parallelism=4, stop=project.engine.stop)

    def pull(
        self, folder: str = "pulled", selection: Selection = EVERYTHING, files: str | None = None, *, write: bool = True
    ) -> Pulled:
        """Pulls into a folder below `manifests/`."""
        target = self.folder / "manifests" / folder
        with self.open() as project:
            found, snapshot = survey_project(project, self.choice)
            local = None if files is None else self.folder / "manifests" / files
            pulled = make_manifests(project, snapshot.state, found, selection, target, local)
        if write and pulled.files:
            write_folder(target, pulled.files)
        return pulled

    def plan(self) -> Plan:
        with self.open() as project:
            return project.engine.plan(project.manifest.resources).plan

    def apply(self) -> None:
        """Applies everything, and it goes well."""
        with self.open() as project, project.engine.locked("test"):
            planned = project.engine.plan(project.manifest.resources, under_lock=True)
            assert not planned.plan.errors(), planned.plan.diagnostics
            outcome = project.engine.apply(planned)
            assert (outcome.failed, outcome.skipped) == ({}, {})
