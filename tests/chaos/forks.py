"""Processes without the wait for imports, many at once: one process has all loaded and forks whatever is asked for.

Run as a program it is that process. A job is a line of JSON on its standard input; the fork connects to the socket
that the job names, says its process id there, and at its end its exit code. Whoever is killed says nothing more, which
the other side sees at once. An emulator also says where it listens, and ends with the process that forked it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import Any, NoReturn

from tests.conftest import CHECKOUT
from tests.end_to_end.warm import exit_code_of, load, run_command_line, settle

PATIENCE = 120.0
"""Seconds until a process that says nothing is taken for stuck."""

KILLED = -signal.SIGKILL


@dataclass(slots=True)
class Fork:
    """A process that runs. `out` and `err` are the files that its streams go to."""

    pid: int
    out: Path
    err: Path
    words: socket.socket
    code: int | None = None

    def hear(self) -> str:
        """The next word that it says, or nothing where it was killed."""
        return _hear(self.words)

    def wait(self, seconds: float = PATIENCE) -> int:
        """The exit code, KILLED where it did not come to say one."""
        if self.code is None:
            self.words.settimeout(seconds)
            word = self.hear()
            self.code = int(word) if word else KILLED
            self.words.close()
        return self.code

    def send(self, number: signal.Signals) -> None:
        """Sends a signal; nothing where the process is gone already."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kills it; returns when it is gone."""
        self.send(signal.SIGKILL)
        self.wait()

    def said(self) -> str:
        """What it has written so far, both streams."""
        return self.out.read_text(encoding="utf-8") + self.err.read_text(encoding="utf-8")


class Forks:
    """The process that has everything loaded. A context manager: leaving it ends the process and its emulators."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(Path(self._folder.name) / "words"))
        self._listening.listen(64)
        self._listening.settimeout(PATIENCE)
        self._lock = Lock()
        self._jobs = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(Path(self._folder.name) / "words")],
            cwd=CHECKOUT,
            env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            encoding="utf-8",
        )
        assert _hear(self._listening.accept()[0]) == "ready"

    def start(self, role: str, arguments: list[str], cwd: Path, env: Mapping[str, str]) -> Fork:
        """Starts `provision` or an `emulator` with these arguments. There is nothing on its standard input."""
        assert self._process.stdin is not None
        with self._lock:
            self._jobs += 1
            out, err = (Path(self._folder.name) / f"{self._jobs}.{name}" for name in ("out", "err"))
            job = {
                "role": role,
                "arguments": arguments,
                "cwd": str(cwd),
                "env": dict(env),
                "streams": [str(out), str(err)],
            }
            self._process.stdin.write(json.dumps(job) + "\n")
            self._process.stdin.flush()
            words, _ = self._listening.accept()
        return Fork(int(_hear(words)), out, err, words)

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
        self._listening.close()
        self._folder.cleanup()


def _hear(words: socket.socket) -> str:
    """A word up to the end of its line, or nothing."""
    heard = b""
    while not heard.endswith(b"\n"):
        try:
            more = words.recv(1)
        except ConnectionResetError:
            more = b""
        if not more:
            return ""
        heard += more
    return heard.decode().strip()


def serve(path: str) -> None:
    """Forks for every job until there are no more."""
    from provisioner.emulator.body_check import warm_up

    load()
    for name in ("provisioner.emulator.server", "obstore.store", "psycopg"):
        import_module(name)
    warm_up()
    gc.freeze()
    _connect(path, "ready").close()
    # The read end is every emulator's standard input: it ends with this process.
    lifeline, held = os.pipe()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        if os.fork() == 0:
            os.close(held)
            _become(json.loads(line), path, lifeline)


def _connect(path: str, word: str) -> socket.socket:
    words = socket.socket(socket.AF_UNIX)
    words.connect(path)
    words.sendall(f"{word}\n".encode())
    return words


def _become(job: dict[str, Any], path: str, lifeline: int) -> NoReturn:
    """Turns this process into what the job asks for."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _redirect(job, lifeline)
    settle(job)
    words = _connect(path, str(os.getpid()))
    run = run_command_line if job["role"] == "provision" else partial(_emulator, words)
    code = 1
    try:
        code = exit_code_of(partial(run, job["arguments"]))
    finally:
        words.sendall(f"{code}\n".encode())
        os._exit(0)


def _redirect(job: dict[str, Any], lifeline: int) -> None:
    emulator = job["role"] == "emulator"
    os.dup2(lifeline if emulator else os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in enumerate(job["streams"], 1):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), number)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)


def _emulator(words: socket.socket, arguments: list[str]) -> None:
    from provisioner.emulator.__main__ import read_arguments
    from provisioner.emulator.server import serve as serve_emulator

    options, _ = read_arguments(arguments)
    serve_emulator(options, lambda url: words.sendall(f"{url}\n".encode()), with_parent=True)


if __name__ == "__main__":
    serve(sys.argv[1])
