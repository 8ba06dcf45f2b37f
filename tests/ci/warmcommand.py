"""A command `provision` that scripts find on their PATH and that does not wait for imports.

It hands its arguments, folder, variables and streams to a process that has everything loaded and forks for each run.
Run as a program, this module is that process.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from tests.conftest import CHECKOUT
from tests.end_to_end.warm import READY, exit_code_of, load, run_command_line, settle, tell

#: Needs the standard library only. The streams are sent with the length of what follows; the exit code comes back.
CLIENT = """\
#!{python} -ISB
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({path!r})
    job = json.dumps(dict(arguments=sys.argv[1:], cwd=os.getcwd(), env=dict(os.environ))).encode()
    socket.send_fds(server, [len(job).to_bytes(8, "big")], [0, 1, 2])
    server.sendall(job)
    sys.exit(int(server.recv(16) or 1))
"""


class WarmCommand:
    """The process, and its client as the file `command`. A context manager: leaving it ends the process."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        path = str(Path(self._folder.name) / "socket")
        self.command = Path(self._folder.name) / "provision"
        self.command.write_text(CLIENT.format(python=sys.executable, path=path), encoding="utf-8")
        self.command.chmod(0o755)
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, path],
            cwd=CHECKOUT,
            env={"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(CHECKOUT), "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == f"{READY}\n"

    def __enter__(self) -> WarmCommand:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()
        self._folder.cleanup()


def serve(path: str) -> None:
    """Forks for every client until the process is ended."""
    load()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen(16)
        tell(READY)
        while True:
            client, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                become(client)
            client.close()


def become(client: socket.socket) -> NoReturn:
    """Turns this process into the command that the client was started as."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    length, streams, _, _ = socket.recv_fds(client, 8, 3)
    job = _receive(client, int.from_bytes(length, "big"))
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    settle(job)
    code = 1
    try:
        code = exit_code_of(partial(run_command_line, job["arguments"]))
    finally:
        client.sendall(str(code).encode())
        os._exit(0)


def _receive(client: socket.socket, length: int) -> dict[str, Any]:
    data = b""
    while len(data) < length:
        data += client.recv(length - len(data))
    job: dict[str, Any] = json.loads(data)
    return job


if __name__ == "__main__":
    serve(sys.argv[1])
