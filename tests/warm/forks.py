"""Commands and emulators that start at once: forks of a process that has everything loaded (`tests.warm.server`).

Suites about the start of a process itself start theirs as `python -m provisioner.cli`.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.warm.server import READY

CHECKOUT = Path(__file__).parent.parent.parent

PATIENCE = 120.0
"""Seconds until a process that says nothing is taken for stuck."""

KILLED = -signal.SIGKILL

#: A program that starts a job with its own arguments, folder, variables and streams. Needs the standard library only.
COMMAND = """\
#!{python} -ISB
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    job = json.dumps(dict(role="provision", arguments=sys.argv[1:], cwd=os.getcwd(), env=dict(os.environ))).encode()
    socket.send_fds(server, [len(job).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(job)
    with server.makefile() as words:
        _, *code = words
    sys.exit(int(code[0]) if code else 1)
"""


@dataclass(slots=True)
class Fork:
    """A process that runs. `out` and `err` are the files that its streams go to."""

    pid: int
    out: Path
    err: Path
    words: socket.socket
    code: int | None = None

    def hear(self) -> str:
        """The next line that it says over the socket, or nothing where it was killed."""
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
        self._path = str(Path(self._folder.name) / "socket")
        self._jobs = count(1)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.warm.server", self._path],
            cwd=CHECKOUT,
            env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"{READY}\n", "the server ended; its output says why"

    def start(self, role: str, arguments: list[str], cwd: Path, env: Mapping[str, str], stdin: str = "") -> Fork:
        """Starts `provision` or an `emulator` with these arguments. `stdin` is what a command reads."""
        number = next(self._jobs)
        read, out, err = (Path(self._folder.name) / f"{number}.{name}" for name in ("in", "out", "err"))
        read.write_text(stdin, encoding="utf-8")
        job = json.dumps({"role": role, "arguments": arguments, "cwd": str(cwd), "env": dict(env)}).encode()
        words = socket.socket(socket.AF_UNIX)
        words.settimeout(PATIENCE)
        words.connect(self._path)
        with read.open("rb") as one, out.open("ab") as two, err.open("ab") as three:
            streams = [each.fileno() for each in (one, two, three)]
            socket.send_fds(words, [len(job).to_bytes(8, "big")], streams)
            words.sendall(job)
        return Fork(int(_hear(words)), out, err, words)

    def write_command(self, path: Path) -> None:
        """Writes a program that is `provision` for a script that finds it on its PATH."""
        path.write_text(COMMAND.format(python=sys.executable, path=self._path), encoding="utf-8")
        path.chmod(0o755)

    def __enter__(self) -> Forks:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.communicate()
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
