"""A project in this process, on the session's emulator, which is emptied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import KEY, SETTINGS
from tests.end_to_end.account import Shared
from tests.unmanaged.steps import Desk


@pytest.fixture(scope="session")
def pointed(shared: Shared) -> Iterator[Shared]:
    """The session's emulator, which the environment variables of this process name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", KEY)
        patch.setenv("OPENAI_BASE_URL", shared.emulator.base_url)
        patch.delenv("CI", raising=False)
        yield shared


@pytest.fixture
def desk(pointed: Shared, tmp_path: Path) -> Desk:
    """An empty project, and an empty account."""
    pointed.empty()
    desk = Desk(tmp_path, pointed.client)
    desk.write({"provision.yaml": SETTINGS})
    return desk
