"""The servers of a session; a conftest imports the fixture."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.backends.places import PLACES, Place


class Servers:
    """Starts each server when it is first asked for."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self._folder = folder
        self._running = running
        self._places: dict[str, Place] = {}

    def __call__(self, name: str) -> Place:
        if name not in self._places:
            root = self._folder / name
            # It is there already where a program was missing when it was first asked for.
            root.mkdir(exist_ok=True)
            start: Callable[[Path], AbstractContextManager[Place]] = PLACES[name]
            self._places[name] = self._running.enter_context(start(root))
        return self._places[name]


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    # PostgreSQL is nobody in particular, and has to come through to its folder.
    with ExitStack() as running, tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Servers(Path(name), running)
