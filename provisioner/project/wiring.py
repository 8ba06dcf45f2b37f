"""Creates a `Project`, with its engine and connections, from the options of the command line."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event as Stop
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import ProvisionError, UsageError
from provisioner.core.refreshmode import RefreshMode
from provisioner.engine.begun_plan import BegunPlan, begin_plan
from provisioner.engine.snapshot import Identity
from provisioner.openai_api.collections import Collection, open_collections
from provisioner.openai_api.http.pace import Pace
from provisioner.openai_api.http.session import TIMEOUT, Call, Session, Wait
from provisioner.project.command_options import Choice
from provisioner.project.credentials import find_endpoint
from provisioner.project.journals import check_untracked
from provisioner.project.private_folder import FOLDER, open_private, private_folder
from provisioner.project.settings import open_backend_of, read_settings, seal_of
from provisioner.state.backends import Backend
from provisioner.state.backends.opening import is_remote
from provisioner.state.sealing import Seal

if TYPE_CHECKING:
    from provisioner.emulator.process import EmulatorProcess
    from provisioner.engine.engine import Engine
    from provisioner.manifest import Manifest, Settings
    from provisioner.planning.event import Event
    from provisioner.project.modelnames import ModelNames

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
    `is_new` is True if the project's settings file is not written yet. `begun` is the plan that was begun before the
    manifests were read, or None.
    """

    manifest: Manifest
    engine: Engine
    backend: Backend
    endpoint: Endpoint
    seal: Seal
    models: ModelNames
    session: Session
    is_new: bool = False
    begun: BegunPlan | None = None

    @property
    def settings(self) -> Settings:
        """Returns the settings for the chosen environment of the project."""
        return self.manifest.settings

    def targets(self) -> list[str]:
        """Returns the sorted names of the targets (the APIs) for which the assistants of the project are made. Without
        assistants, returns the default target.
        """
        from provisioner.openai_api.targets import TARGETS

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


class _Opened(Struct, frozen=True):
    """What the settings of a project open: the backend of its state, and the endpoint with a session and the
    collections. `begun` is the plan that was begun before the manifests were read, or None.
    """

    settings: Settings
    seal: Seal
    backend: Backend
    endpoint: Endpoint
    session: Session
    collections: dict[str, Collection]
    stop: Stop
    begun: BegunPlan | None = None

    @property
    def identity(self) -> Identity:
        """The project, the environment of the project and the account to which the state belongs."""
        return Identity(self.settings.project, self.settings.environment, self.endpoint.account)


class _Observers(Struct, frozen=True):
    """The functions that are called with each HTTP call and each wait, and with a message when the lock is lost."""

    observe: Callable[[Call | Wait], None]
    notify: Callable[[str], None]


@contextmanager
def open_project(
    choice: Choice,
    *,
    new: Settings | None = None,
    emit: Callable[[Event], None] = lambda event: None,
    observe: Callable[[Call | Wait], None] = lambda event: None,
    notify: Callable[[str], None] = lambda message: None,
    early: RefreshMode | None = None,
) -> Iterator[Project]:
    """Opens the chosen project with its emulator and its connections, yields it, and closes the connections after the
    `with` block.

    `new` contains the settings of a project that has no settings file and no manifests yet. `emit` is called with each
    event of the engine, and `observe` with each HTTP call and each wait. `notify` is called with a message when the
    lock is lost. If `early` is given, a plan with this refresh mode is begun: the state is read, and live objects are
    being read while the manifests are read.

    Raises UsageError if no project is found or a key is missing, InvalidManifest if the manifests have errors, and
    Blocked if git tracks the journal.
    """
    observers = _Observers(observe, notify)
    with ExitStack() as stack:
        opened = None if early is None or new is not None else _begin(stack, choice, observers, early)
        # Imported here, because the account can be read while these modules are imported.
        from provisioner.manifest import Manifest
        from provisioner.project.manifests import read_manifest
        from provisioner.project.modelnames import ModelNames, extra_models

        manifest = Manifest(new, ()) if new is not None else read_manifest(choice)
        if isinstance(opened, ProvisionError):
            raise opened
        if opened is None or not _is_same(opened.settings, manifest.settings):
            models = extra_models(manifest) if choice.emulator else ()
            opened = _open(stack, choice, manifest.settings, observers, models)
        names = ModelNames(manifest.settings, opened.session, choice.emulator)
        yield Project(
            manifest,
            _assemble(choice, opened, emit),
            opened.backend,
            opened.endpoint,
            opened.seal,
            names,
            opened.session,
            is_new=new is not None,
            begun=opened.begun,
        )


def _begin(
    stack: ExitStack, choice: Choice, observers: _Observers, mode: RefreshMode
) -> _Opened | ProvisionError | None:
    """Opens what the settings of the chosen project name, and begins a plan with it. What was opened is closed with
    `stack`. If there is an error, returns it, because the errors in the manifests are reported first. Returns None for
    the emulator, which knows the models in the manifests.
    """
    if choice.emulator:
        return None
    try:
        opened = _open(stack, choice, read_settings(choice), observers, ())
    except ProvisionError as error:
        return error
    if mode.reads:
        # The HTTP client is imported first. Otherwise a thread would import it while this one reads manifests, which
        # would take twice as long.
        with suppress(ProvisionError):  # The first call raises the error again.
            opened.session.prepare(lambda client: client)
    begun = begin_plan(opened.collections, opened.backend, opened.identity, mode, choice.parallelism)
    stack.callback(begun.close)
    return replace(opened, begun=begun)


def _is_same(one: Settings, other: Settings) -> bool:
    """Returns whether two settings were read from equal files for the same environment of the project."""
    own, others = ([document.data for document in each.documents] for each in (one, other))
    return one.environment == other.environment and own == others


def _open(
    stack: ExitStack, choice: Choice, settings: Settings, observers: _Observers, models: tuple[str, ...]
) -> _Opened:
    """Opens the backend, the endpoint and the session that the settings name. They are closed with `stack`. `models`
    are the models that the emulator knows in addition to its own.
    """
    seal, stop = seal_of(settings, emulated=choice.emulator), Stop()
    backend = stack.enter_context(open_backend_of(settings, choice, seal, notify=observers.notify, stop=stop))
    check_untracked(backend, os.environ)
    endpoint = stack.enter_context(_endpoint(choice, settings, models))
    pace = Pace(choice.parallelism, stop.is_set)
    session = Session(endpoint, observers.observe, pace, read_timeout(os.environ), stop.wait)
    stack.callback(session.close)
    stack.callback(stop.set)  # Calls that other threads are making are then not repeated.
    return _Opened(settings, seal, backend, endpoint, session, open_collections(session), stop)


def _assemble(choice: Choice, opened: _Opened, emit: Callable[[Event], None]) -> Engine:
    # Imported here, because the account can be read while the engine is imported.
    from provisioner.engine.engine import Engine
    from provisioner.project.gitcommit import find_commit

    settings, calls = opened.settings, choice.parallelism
    far = calls > 1 and not choice.emulator and is_remote(settings.state)
    return Engine(
        opened.collections,
        opened.backend,
        opened.identity,
        emit,
        calls,
        choice.index_timeout,
        choice.grace,
        opened.stop,
        workers=calls * FAR if far else calls,
        in_ci=bool(os.environ.get("CI")),
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
def _endpoint(choice: Choice, settings: Settings, models: tuple[str, ...]) -> Iterator[Endpoint]:
    if not choice.emulator:
        yield find_endpoint(settings)
        return
    with _start_emulator(settings.root, models) as emulator:
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
