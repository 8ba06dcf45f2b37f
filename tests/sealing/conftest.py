"""A project whose state is sealed, against an emulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chaos.world import World
from tests.chaos.worlds import NewWorld, new_world, proxy
from tests.guards.steps import NOTES, SETTINGS

__all__ = ["new_world", "proxy"]

SEALED = SETTINGS + "state_encryption: {key: {env: STATE_KEY}}\n"


@pytest.fixture
def world(new_world: NewWorld) -> Iterator[World]:
    """A store with two notes and two assistants, nothing applied yet; the key is in `.env`."""
    with new_world() as opened:
        opened.write("provision.yaml", SEALED)
        opened.write("notes.yaml", NOTES)
        opened.write("notes/a.txt", "alpha")
        opened.write("notes/b.txt", "beta")
        (opened.root / ".env").write_text("STATE_KEY=the first key of the team\n", encoding="utf-8")
        yield opened
