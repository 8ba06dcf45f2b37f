"""Projects whose resources are renamed and forgotten."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.worlds import new_world, proxy
from tests.guards.conftest import world
from tests.rename.bench import Bench

__all__ = ["new_world", "proxy", "world"]


@pytest.fixture(autouse=True)
def _flush_nothing() -> Iterator[None]:
    """No power is cut here, and waiting for the disk is most of what these tests would do."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "fdatasync"):
            patch.setattr(os, name, lambda handle: None, raising=False)
        yield


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
