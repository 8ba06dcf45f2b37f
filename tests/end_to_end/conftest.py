"""What the suites from end to end share: commands from a warm start, the example, and the account's contents."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT, Emulators, Provision
from tests.end_to_end.account import Account, Shared, SharedEmulators
from tests.end_to_end.warm import WarmProvision, WarmStart


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmStart]:
    with WarmStart() as start:
        yield start


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    with ExitStack() as running:
        emulator = Emulators(tmp_path_factory.mktemp("emulator"), running)()
        yield Shared(emulator, emulator.client())


@pytest.fixture
def emulator(tmp_path_factory: pytest.TempPathFactory, shared: Shared) -> Iterator[SharedEmulators]:
    """Call it with the fields of `Options` to start one; without any it is the session's, emptied."""
    with ExitStack() as running:
        yield SharedEmulators(tmp_path_factory.mktemp("emulator"), running, shared)


@pytest.fixture
def cold(provision: WarmProvision) -> Provision:
    """Runs the command line as it is installed; for tests that need its process."""
    return Provision(provision.folder, provision.home, provision.emulators)


@pytest.fixture
def provision(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, emulator: SharedEmulators, warm: WarmStart
) -> WarmProvision:
    """Runs the command line in the project's folder: `provision("apply", "--yes").code`."""
    return WarmProvision(tmp_path, tmp_path_factory.mktemp("home"), emulator, warm)


@pytest.fixture
def account(emulator: SharedEmulators) -> Account:
    """What is live on the emulator that was started last."""
    return Account(emulator)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of this repository's own manifests; returns the folder above them."""
    shutil.copytree(CHECKOUT / "manifests", tmp_path / "manifests")
    return tmp_path
