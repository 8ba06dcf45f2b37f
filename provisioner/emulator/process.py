"""An emulator as a child process that never outlives its parent. Loads neither Starlette nor uvicorn."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO

from provisioner.emulator.options import Options
from provisioner.errors import UsageError

READY = "listening on "
PATIENCE = 30.0
"""Seconds until a child that says nothing is given up."""

INSTALLED = ("site-packages", "dist-packages")
"""Folders that the child finds by itself, and in which other packages may hide the standard library's."""

REQUIRED = ("starlette", "uvicorn", "python_multipart")


class EmulatorProcess:
    """A running emulator. `base_url` is what a client wants, as in `http://127.0.0.1:8080/v1`.

    A context manager: leaving it stops the child. The child also ends when its standard input closes,
    so that it is gone even after its parent was killed.
    """

    def __init__(self, child: subprocess.Popen[bytes], words: IO[bytes]) -> None:
        self._child = child
        self._words = words
        self.base_url = self._await_ready()

    @property
    def pid(self) -> int:
        """The child's process id."""
        return self._child.pid

    def stop(self) -> None:
        """Ends the child and waits for it. Does nothing the second time."""
        if self._child.stdin and not self._child.stdin.closed:
            self._child.stdin.close()
        try:
            self._child.wait(5)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        if self._child.stdout:
            self._child.stdout.close()
        self._words.close()

    def __enter__(self) -> EmulatorProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _await_ready(self) -> str:
        """The base URL that the child announces. Raises UsageError with the child's words where it gives up."""
        if not self._child.stdout:
            raise UsageError("the emulator has no standard output to announce itself on")
        timer = threading.Timer(PATIENCE, self._child.kill)
        timer.daemon = True
        timer.start()
        try:
            line = self._child.stdout.readline().decode(errors="replace").strip()
        except BaseException:
            self.stop()
            raise
        finally:
            timer.cancel()
        if line.startswith(READY):
            return line.removeprefix(READY)
        self._child.wait()
        self._words.seek(0)
        said = self._words.read().decode(errors="replace").strip()
        self.stop()
        message, _, hint = (said or f"it said nothing for {PATIENCE:.0f} seconds").partition("\nhint: ")
        raise UsageError(f"the emulator did not come up: {message}", hint=hint or None)


def check_installed() -> None:
    """Raises UsageError where the extra `emulator` is not installed."""
    missing = [name for name in REQUIRED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the emulator needs {', '.join(missing)}, which this Python does not have",
            hint="install provision with its extra `emulator`, as the README shows",
        )


def start(options: Options) -> EmulatorProcess:
    """Starts an emulator and returns once it listens. Raises UsageError where it does not come up."""
    check_installed()
    command = [sys.executable, "-P", "-m", "provisioner.emulator", "--with-parent", *options.arguments()]
    words = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the child)
    child = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=words,
        env=_environment(),
        start_new_session=True,  # Ctrl-C is for the parent, which still needs the emulator to finish its work
    )
    return EmulatorProcess(child, words)


def _environment() -> dict[str, str]:
    """The parent's, with this package importable, and without a key that the child has no use for."""
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
    here = Path(__file__).resolve().parents[2]
    if here.name not in INSTALLED:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(here), environment.get("PYTHONPATH")]))
    return environment
