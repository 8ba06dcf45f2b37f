"""The child: how it starts, how it fails to, and that it never outlives its parent."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from provisioner.core.errors import UsageError
from provisioner.emulator import process as emulator_process
from provisioner.emulator.options import Options
from provisioner.emulator.process import start

CHECKOUT = Path(__file__).resolve().parents[2]
PARENT = """
import sys, time
from provisioner.emulator.options import Options
from provisioner.emulator.process import start
loaded = [name for name in ("starlette", "uvicorn", "openai", "pypdf") if name in sys.modules]
emulator = start(Options())
print(emulator.base_url, *loaded, flush=True)
time.sleep(60)
"""


def listens(base_url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(base_url).port or 0)) == 0


def gone_within(base_url: str, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while listens(base_url) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not listens(base_url)


def test_the_child_ends_when_its_parent_is_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, "-c", PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as parent:
        assert parent.stdout is not None
        base_url, *loaded = parent.stdout.readline().split()
        assert not loaded
        assert listens(base_url)
        parent.kill()
    assert gone_within(base_url, 10)


def test_stop_ends_it_and_may_be_repeated() -> None:
    with start(Options()) as emulator:
        assert listens(emulator.base_url)
        emulator.stop()
        assert not listens(emulator.base_url)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_good_order(kind: signal.Signals, tmp_path: Path) -> None:
    data = tmp_path / "account.sqlite"
    command = [sys.executable, "-m", "provisioner.emulator", "--data", str(data)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as child:
        assert child.stdout is not None
        assert child.stdout.readline().startswith("listening on http://127.0.0.1:")
        child.send_signal(kind)
        assert child.wait(10) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["account.sqlite"]


@pytest.mark.thorough
def test_a_port_that_is_taken() -> None:
    with start(Options()) as emulator:
        port = urlsplit(emulator.base_url).port or 0
        with pytest.raises(UsageError) as caught:
            start(Options(port=port))
    assert f"port {port} of 127.0.0.1 cannot be listened on" in caught.value.message
    assert caught.value.hint == "choose another port, or 0 for any free one"


@pytest.mark.thorough
def test_a_bad_fault_shows_the_grammar() -> None:
    with pytest.raises(UsageError) as caught:
        start(Options(fail=("GET files",)))
    assert "`GET files` is not a fault" in caught.value.message
    assert "METHOD PATH EFFECT" in (caught.value.hint or "")


@pytest.mark.thorough
def test_a_data_file_of_something_else(tmp_path: Path) -> None:
    data = tmp_path / "notes.txt"
    data.write_text("these are notes, and no database at all" * 10)
    with pytest.raises(UsageError, match="cannot be used"):
        start(Options(data=data))


@pytest.mark.thorough
def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written: No such file or directory"):
        start(Options(log=tmp_path / "none" / "log"))


def test_without_its_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emulator_process, "REQUIRED", ("starlette", "no_such_library"))
    with pytest.raises(UsageError, match="no_such_library") as caught:
        start(Options())
    assert caught.value.hint == "install the extra: pip install 'provision-openai[emulator]'"


@pytest.mark.thorough
def test_it_is_on_loopback_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "starlette.py").write_text("raise RuntimeError('the working folder is not to be imported from')")
    with start(Options()) as emulator:
        assert emulator.base_url.startswith("http://127.0.0.1:")
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(emulator.base_url).port or 0, timeout=5)
        connection.request("GET", "/v1/models", headers={"authorization": "Bearer a"})
        assert connection.getresponse().status == 200
        connection.close()
