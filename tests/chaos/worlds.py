"""Fixtures of suites that need a world of their own; a conftest imports them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.proxy import Proxy
from tests.chaos.tally import PROPERTY, Tally
from tests.chaos.world import World
from tests.warm.forks import Forks

NewWorld = Callable[[], World]

LONGEST = 3600
"""Seconds that one test of a whole run may take: it stands for hundreds of runs."""


@pytest.fixture(scope="session")
def proxy() -> Iterator[Proxy]:
    listening = Proxy()
    yield listening
    listening.close()


@pytest.fixture
def new_world(forks: Forks, proxy: Proxy, tmp_path: Path) -> NewWorld:
    """Makes an empty project and an empty account; `with new_world() as world:` runs the emulator."""
    made = 0

    def make() -> World:
        nonlocal made
        made += 1
        return new_world_in(forks, proxy, tmp_path / f"world-{made}")

    return make


def new_world_in(forks: Forks, proxy: Proxy, folder: Path) -> World:
    """An empty project and an empty account in a folder, not open yet."""
    for name in ("project/manifests", "home"):
        (folder / name).mkdir(parents=True)
    return World(forks, proxy, folder / "project", folder / "account.db", folder / "home")


@pytest.fixture
def whole(request: pytest.FixtureRequest) -> bool:
    """Whether everything is to be tried."""
    return bool(request.config.getoption("--whole"))


@pytest.fixture
def tally(request: pytest.FixtureRequest, whole: bool) -> Iterator[Tally]:
    """Counts the runs of a test; what failed in them fails the test when it is over."""
    counted = Tally(whole, random.Random(request.node.name))
    yield counted
    request.node.user_properties.append((PROPERTY, counted.line()))
    counted.settle()
