"""Reads a state in any backend, encrypted or not, with all checks of settings and states."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from provisioner.core.address import Address
from provisioner.core.addresskind import ASSISTANT_KIND
from provisioner.core.errors import Blocked, StateError
from provisioner.engine.guards import check_project
from provisioner.manifest import Settings
from provisioner.project.command_options import Choice
from provisioner.project.loading.recorded import Recorded
from provisioner.project.settings import open_backend_of, read_settings, seal_of
from provisioner.state.backends import Backend
from provisioner.state.records import State
from provisioner.state.release_storage import open_releases


def read_whole(start: str, environment: str | None) -> Recorded:
    """Returns the recorded objects of the project that is found from the folder `start`, in the environment
    `environment` of the project.

    The journal is not read, so the changes of a run become visible when it has written the state. Raises UsageError if
    there is no project, InvalidManifest if the settings have errors, and StateError if the state cannot be read. Raises
    Blocked if the state was edited by hand or belongs to another project.
    """
    with _open(start, environment) as (backend, settings):
        return make_recorded(_read_state(backend, settings), backend.describe())


def read_release(start: str, environment: str | None, name: str, number: int) -> Recorded:
    """Returns a `Recorded` with only one object: the release `number` of the assistant `name`. The project is found
    from the folder `start`; `environment` is the environment of the project.

    Raises UsageError if the release is not stored; the message lists the stored releases. Also raises the errors of
    `read_whole`.
    """
    with _open(start, environment) as (backend, settings):
        releases = open_releases(backend, _read_state(backend, settings))
        address = Address(ASSISTANT_KIND.name, name)
        piece = releases.read(releases.find(address, number)).assistant
        record = {"type": piece.type, "inputs": piece.inputs, "release": number}
        return Recorded({str(address): record}, backend.describe())


@contextmanager
def _open(start: str, environment: str | None) -> Iterator[tuple[Backend, Settings]]:
    choice = Choice(Path(start), environment)
    settings = read_settings(choice)
    seal = seal_of(settings, emulated=False)
    with open_backend_of(settings, choice, seal, notify=lambda message: None) as backend:
        yield backend, settings


def _read_state(backend: Backend, settings: Settings) -> State:
    state = backend.read()
    if state is None:
        raise StateError(
            f"there is no state in {backend.describe()}: nothing was applied in the environment {settings.environment}",
            hint="apply the manifests first (provision apply), or name another environment with `env`",
        )
    check_project(state, settings.project, settings.environment)
    return state


def make_recorded(state: State, place: str) -> Recorded:
    """Returns the recorded objects of `state`, from which applications load. `place` is the location of the state, for
    messages. Raises Blocked if the state was edited by hand.
    """
    if state.edited:
        raise Blocked(
            f"{place} does not match its digest: it was edited by hand, or git has merged two states into one",
            hint="`provision plan` says what differs and how to continue",
        )
    return Recorded({str(each): record.to_json() for each, record in state.records.items()}, place)
