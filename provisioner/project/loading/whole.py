"""Reads a state in any backend, encrypted or not, with all checks of settings and states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from provisioner.core.errors import Blocked, StateError
from provisioner.engine.guards import check_project
from provisioner.project.command_options import Choice
from provisioner.project.loading.recorded import Recorded
from provisioner.project.settings import open_backend_of, read_settings, seal_of
from provisioner.state.records import State


def read_whole(start: str, environment: str | None) -> Recorded:
    """Returns what is recorded for the project at `start` in an environment. The backend gets one request.

    The journal of a run that is in progress is not read: what it changes is loaded when the run has written the state.
    Raises InvalidManifest, UsageError, StateError, and Blocked if the state was edited or belongs to another project.
    """
    choice = Choice(Path(start), environment)
    settings = read_settings(choice)
    seal = seal_of(settings, emulated=False)
    with open_backend_of(settings, choice, seal, notify=lambda message: None) as backend:
        state, place = backend.read(), backend.describe()
    if state is None:
        raise StateError(
            f"there is no state in {place}: nothing was applied in the environment {settings.environment}",
            hint="apply the manifests first (provision apply), or name another environment with `env`",
        )
    check_project(state, settings.project, settings.environment)
    return make_recorded(state, place)


def make_recorded(
    state: State, place: str, read_release: Callable[[str, int], Mapping[str, Any]] | None = None
) -> Recorded:
    """Returns what applications load from a state. Raises Blocked if the state was edited by hand."""
    if state.edited:
        raise Blocked(
            f"{place} does not match its digest: it was edited by hand, or git has merged two states into one",
            hint="`provision plan` says what differs and how to continue",
        )
    return Recorded({str(each): record.to_json() for each, record in state.records.items()}, place, read_release)
