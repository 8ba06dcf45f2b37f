"""Fixtures of suites that need a world of their own; a conftest imports them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.chaos.forks import Forks
from tests.chaos.proxy import Proxy
from tests.chaos.world import World

NewWorld = Callable[[], World]


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    with Forks() as running:
        yield running


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
