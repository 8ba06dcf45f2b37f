"""Releases and rollbacks, with an account in memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.releases.bench import Bench

TARGETS = ("responses", "agents", "assistants")


@pytest.fixture(autouse=True)
def _flush_nothing() -> Iterator[None]:
    """No power is cut here, and waiting for the disk is most of what these tests would do."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("fsync", "fdatasync"):
            patch.setattr(os, name, lambda handle: None, raising=False)
        yield


@pytest.fixture(params=TARGETS)
def bench(tmp_path: Path, request: pytest.FixtureRequest) -> Bench:
    return Bench(tmp_path, request.param)


@pytest.fixture
def definitions(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
