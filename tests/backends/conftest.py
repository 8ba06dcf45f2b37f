"""Backends: every one keeps to the same contract, on a server of its own where it needs one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from provisioner.state.backends import Backend, open_backend
from provisioner.state.backends.remote import RemoteBackend
from tests.backends.places import PLACES, Place
from tests.backends.samples import TERMS
from tests.backends.servers import Servers, servers
from tests.chaos.worlds import LONGEST, new_world, proxy, tally, whole

__all__ = ["new_world", "proxy", "servers", "tally", "whole"]

REMOTE = [name for name in PLACES if name != "folder"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "whole: takes a server or a disk of its own, so only a whole run has it")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--whole"):
        for item in items:
            item.add_marker(pytest.mark.timeout(LONGEST))
        return
    large = [item for item in items if item.get_closest_marker("whole")]
    config.hook.pytest_deselected(items=large)
    items[:] = [item for item in items if item not in large]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`place` is every backend, `remote` every one but the folder, `leased` those whose locks a short run watches.

    `spoilt` are those that a proxy can stand in front of, `far` the same where it takes its time, and `bucket` those
    that speak HTTP. In a short run, git's own server shows only what `remote` does; over files git is tried with
    everything.
    """
    whole = metafunc.config.getoption("--whole")
    served = [name for name in REMOTE if name != "git-file"]
    chosen = {
        "place": [name for name in PLACES if whole or name != "git-daemon"],
        "remote": REMOTE,
        "leased": REMOTE if whole else ["postgresql"],
        "spoilt": served if whole else ["postgresql", "s3"],
        "far": served if whole else ["s3"],
        "bucket": ["s3", "az"] if whole else ["s3"],
    }
    own = {mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")}
    for fixture, names in chosen.items():
        if fixture in metafunc.fixturenames and fixture not in own:
            metafunc.parametrize(fixture, names, indirect=True)


def _use(name: str, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Place:
    place = servers(name)
    for variable, value in place.env.items():
        monkeypatch.setenv(variable, value)
    return place


@pytest.fixture
def place(request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Place:
    return _use(request.param, servers, monkeypatch)


remote = leased = spoilt = far = bucket = place


class Opening:
    """Opens backends; `opening(place)` opens another one on what this test has there."""

    def __init__(self, running: ExitStack) -> None:
        self.environment = f"e{uuid.uuid4().hex[:10]}"
        self.running = running
        self._urls: dict[str, str] = {}

    def url(self, place: Place) -> str:
        """Where this test keeps its states."""
        return self._urls.setdefault(place.name, place.fresh())

    def __call__(self, place: Place, environment: str = "", **options: Any) -> Backend:
        backend = open_backend(self.url(place), environment or self.environment, **options)
        self.running.callback(backend.close)
        if isinstance(backend, RemoteBackend):
            backend.terms = TERMS
        return backend

    def remote(self, place: Place, **options: Any) -> RemoteBackend:
        """The same, for what only remote ones have."""
        backend = self(place, **options)
        assert isinstance(backend, RemoteBackend)
        return backend


@pytest.fixture
def opening() -> Iterator[Opening]:
    with ExitStack() as running:
        yield Opening(running)
