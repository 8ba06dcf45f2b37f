"""What the suites from end to end share: commands from a warm start, the example, and the account's contents."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.end_to_end.account import Account, SharedEmulators


@pytest.fixture
def account(emulator: SharedEmulators) -> Account:
    """What is live on the emulator that was started last."""
    return Account(emulator)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of this repository's own manifests; returns the folder above them."""
    without_tests = shutil.ignore_patterns("tests.yaml")  # Assistants are renamed and deleted here.
    shutil.copytree(CHECKOUT / "manifests", tmp_path / "manifests", ignore=without_tests)
    return tmp_path
