"""One emulator for the whole session, a client on it, and the bare wire."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openai import OpenAI

from provisioner.emulator.options import Options
from provisioner.emulator.process import EmulatorProcess, start
from tests.emulator.wire import KEY, Wire


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("emulator") / "requests.log"


@pytest.fixture(scope="session")
def server(log: Path) -> Iterator[EmulatorProcess]:
    with start(Options(log=log)) as process:
        yield process


@pytest.fixture(scope="session")
def api(server: EmulatorProcess) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=server.base_url, max_retries=0) as client:
        yield client


@pytest.fixture(scope="session")
def wire(server: EmulatorProcess) -> Wire:
    return Wire(server.base_url)
