"""Creates a `Project`, with its engine and connections, from the options of the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event as Stop
from typing import TYPE_CHECKING

from msgspec import Struct

from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import UsageError
from provisioner.engine.engine import Engine
from provisioner.engine.snapshot import Identity
from provisioner.manifest import Manifest, Settings
from provisioner.openai_api.collections import open_collections
from provisioner.openai_api.http.pace import Pace
from provisioner.openai_api.http.session import TIMEOUT, Call, Session, Wait
from provisioner.openai_api.targets import TARGETS
from provisioner.planning.event import Event
from provisioner.project.command_options import Choice
from provisioner.project.credentials import find_endpoint
from provisioner.project.gitcommit import find_commit
from provisioner.project.journals import check_untracked
from provisioner.project.manifests import read_manifest
from provisioner.project.modelnames import ModelNames, extra_models
from provisioner.project.private_folder import FOLDER, open_private, private_folder
from provisioner.project.settings import open_backend_of, seal_of
from provisioner.state.backends import Backend
from provisioner.state.backends.opening import is_remote
from provisioner.state.sealing import Seal

if TYPE_CHECKING:
    from provisioner.emulator.process import EmulatorProcess

#: The number of changes that run at once for each concurrent call to the API, if the journal is on a remote server.
#: With 20 ms for a write to the journal and 50 ms for a call, three changes wait for the journal while one call is
#: made. With a parallelism of 1, only one change runs at once.
FAR = 4
TIMEOUT_VARIABLE = "PROVISION_TIMEOUT"
#: The longest time limit of one API call, in seconds: one day. A time limit of centuries would overflow the clock.
LONGEST_TIMEOUT = 86_400.0


class Project(Struct, frozen=True):
    """The opened project of a command, with everything that a plan and an apply need.

    `seal` encrypts plan files. `models` can request the list of models from the API. `session` makes API calls.
    `is_new` is True if the project's settings file is not written yet.
    """

    manifest: Manifest
    engine: Engine
    backend: Backend
    endpoint: Endpoint
    seal: Seal
    models: ModelNames
    session: Session
    is_new: bool = False

    @property
    def settings(self) -> Settings:
        """Returns the settings for the chosen environment of the project."""
        return self.manifest.settings

    def targets(self) -> list[str]:
        """Returns the sorted names of the targets (the APIs) for which the assistants of the project are made. Without
        assistants, returns the default target.
        """
        types = {resource.type for resource in self.manifest.resources}
        return sorted(target.name for target in TARGETS.values() if target.type in types) or [self.settings.target]

    def summary(self, *, emulated: bool) -> list[str]:
        """Returns the first lines of a run's output: the project, its environment, the targets, the account, the source
        of the key, and the location of the state. The key is not shown. `emulated` says whether the account is the
        emulator's.
        """
        name, targets = self.settings.project, ", ".join(self.targets())
        lines = [
            f"new project {name}"
            if self.is_new
            else f"{name} · environment {self.settings.environment} · target {targets}"
        ]
        account = f"{self.endpoint.account} (emulator)" if emulated else self.endpoint.shown_account
        lines.append(f"account {account} · key: {self.endpoint.key_source}")
        lines.append(f"state {self.backend.describe()}")
        folder, root = self.settings.folder, self.settings.root
        return lines if root == folder.parent else [*lines, f"root {root} (paths may not leave it)"]


@contextmanager
def open_project(
    choice: Choice,
    *,
    new: Settings | None = None,
    emit: Callable[[Event], None] = lambda event: None,
    observe: Callable[[Call | Wait], None] = lambda event: None,
    notify: Callable[[str], None] = lambda message: None,
) -> Iterator[Project]:
    """Opens the chosen project with its emulator and its connections, yields it, and closes the connections after the
    `with` block.

    `new` contains the settings of a project that has no settings file and no manifests yet. `emit` is called with each
    event of the engine, and `observe` with each HTTP call and each wait. `notify` is called with a message when the
    lock is lost. Raises UsageError if no project is found or a key is missing, InvalidManifest if the manifests have
    errors, and Blocked if git tracks the journal.
    """
    manifest = Manifest(new, ()) if new is not None else read_manifest(choice)
    settings, stop = manifest.settings, Stop()
    seal = seal_of(settings, emulated=choice.emulator)
    with open_backend_of(settings, choice, seal, notify=notify, stop=stop) as backend:
        check_untracked(backend, os.environ)
        with _endpoint(choice, manifest) as endpoint:
            pace = Pace(choice.parallelism, stop.is_set)
            session = Session(endpoint, observe, pace, read_timeout(os.environ), stop.wait)
            with closing(session):
                engine = _assemble(choice, settings, backend, endpoint, session, emit, stop)
                models = ModelNames(settings, session, choice.emulator)
                yield Project(manifest, engine, backend, endpoint, seal, models, session, is_new=new is not None)


def _assemble(
    choice: Choice,
    settings: Settings,
    backend: Backend,
    endpoint: Endpoint,
    session: Session,
    emit: Callable[[Event], None],
    stop: Stop,
) -> Engine:
    identity = Identity(settings.project, settings.environment, endpoint.account)
    collections = open_collections(session)
    calls = choice.parallelism
    far = calls > 1 and not choice.emulator and is_remote(settings.state)
    workers = calls * FAR if far else calls
    timeout, grace, in_ci = choice.index_timeout, choice.grace, bool(os.environ.get("CI"))
    return Engine(
        collections,
        backend,
        identity,
        emit,
        calls,
        timeout,
        grace,
        stop,
        workers,
        in_ci,
        keep_releases=settings.keep_releases,
        find_commit=lambda: find_commit(settings.root),
    )


def read_timeout(process: Mapping[str, str]) -> float:
    """Returns the time limit of one API call, in seconds. The environment variable PROVISION_TIMEOUT in `process` can
    set the limit. Raises UsageError if the value of the variable is not valid.
    """
    text = process.get(TIMEOUT_VARIABLE)
    if not text:
        return TIMEOUT
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= LONGEST_TIMEOUT:
        raise UsageError(
            f"{TIMEOUT_VARIABLE} is `{text}`, which is no time to wait",
            hint=f"set it to seconds, such as 120, and at most {LONGEST_TIMEOUT:.0f}, which is a day",
        )
    return seconds


@contextmanager
def _endpoint(choice: Choice, manifest: Manifest) -> Iterator[Endpoint]:
    if not choice.emulator:
        yield find_endpoint(manifest.settings)
        return
    with _start_emulator(manifest.settings.root, extra_models(manifest)) as emulator:
        yield Endpoint(base_url=emulator.base_url, api_key="emulator", key_source="none needed (emulator)")


def _start_emulator(root: Path, models: tuple[str, ...]) -> EmulatorProcess:
    from provisioner.emulator.options import Options
    from provisioner.emulator.process import start

    private_folder(root)
    try:
        folder = open_private(root)
    except OSError as error:
        raise UsageError(f"{root / FOLDER} cannot be written: {error.strerror}") from error
    return start(Options(data=folder / "emulator.db", models=models))
