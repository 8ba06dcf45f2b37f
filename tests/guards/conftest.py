"""What stands between a plan and harm: each guard says why, how to go on, and has changed nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.world import World
from tests.chaos.worlds import NewWorld, new_world, proxy
from tests.guards.steps import NOTES, SETTINGS

__all__ = ["new_world", "proxy"]


@pytest.fixture
def world(new_world: NewWorld) -> Iterator[World]:
    """A store with two notes, an assistant that reads them, and one that does not; nothing is applied yet."""
    with new_world() as opened:
        opened.write("provision.yaml", SETTINGS)
        opened.write("notes.yaml", NOTES)
        opened.write("notes/a.txt", "alpha")
        opened.write("notes/b.txt", "beta")
        yield opened
