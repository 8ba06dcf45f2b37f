"""Runs an emulator as a child process. The child ends when its parent ends. This module does not import the libraries
of the server.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import IO

from provisioner.core.childprocess import Needs, RunningChild, select_environment
from provisioner.core.childprocess import start as start_child
from provisioner.core.distribution import install_extra
from provisioner.core.errors import UsageError
from provisioner.core.text.safetext import lines
from provisioner.emulator.options import UPSTREAM_KEY, Options

READY = "listening on "
PATIENCE = 30.0
"""The number of seconds after which a child that prints nothing is killed."""

INSTALLED = ("site-packages", "dist-packages")
"""Names of folders that are not added to the child's PYTHONPATH. The child finds these folders itself, and packages in
them could hide modules of the standard library.
"""

NEEDS = Needs(
    frozenset({"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "COVERAGE_PROCESS_START"}),
    ("DYLD_", "PYTHONDONTWRITE", "PYTHONPYCACHE", "PYTHONUTF8"),
)
"""The environment variables that the child needs to find the same libraries as this process."""

UPSTREAM_NEEDS = Needs(
    NEEDS.names | {UPSTREAM_KEY, "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"},
    NEEDS.prefixes,
)
"""The environment variables that a child with `upstream` needs to reach this server, in addition to NEEDS."""

REQUIRED = ("starlette", "uvicorn", "httptools", "python_multipart")


class EmulatorProcess:
    """Controls a running emulator. `base_url` is the base URL for clients, such as `http://127.0.0.1:8080/v1`.

    The object is a context manager: the child process is stopped at the end of the `with` block. The child also ends
    when its standard input closes. So the child ends even if its parent is killed.
    """

    def __init__(self, child: RunningChild, words: IO[bytes]) -> None:
        self._child = child
        self._words = words
        self.base_url = self._await_ready()

    @property
    def pid(self) -> int:
        """The process id of the child."""
        return self._child.pid

    def stop(self) -> None:
        """Ends the child process, and waits until it has ended. A second call does nothing."""
        self._child.close_input()
        self._child.wait(5)
        self._child.output.close()
        self._words.close()

    def __enter__(self) -> EmulatorProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _await_ready(self) -> str:
        """Waits until the child process prints its base URL, and returns this URL. Raises UsageError with the message
        of the child if the child ends first, or if it prints nothing for PATIENCE seconds and is therefore killed.
        """
        timer = threading.Timer(PATIENCE, self._child.kill)
        timer.daemon = True
        timer.start()
        try:
            line = self._child.output.readline().decode(errors="replace").strip()
        except BaseException:
            self.stop()
            raise
        finally:
            timer.cancel()
        if line.startswith(READY):
            return line.removeprefix(READY)
        self._child.wait(PATIENCE)
        self._words.seek(0)
        said = self._words.read().decode(errors="replace").strip()
        self.stop()
        message, _, hint = (said or f"it printed nothing for {PATIENCE:.0f} seconds").partition("\nhint: ")
        raise UsageError(lines(*f"the emulator did not come up: {message}".split("\n")), hint=hint or None)


def check_installed() -> None:
    """Raises UsageError if the Python packages of the extra `emulator` are not installed."""
    missing = [name for name in REQUIRED if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the emulator needs {', '.join(missing)}, which this Python does not have",
            hint=f"install the extra: {install_extra('emulator')}",
        )


def start(options: Options) -> EmulatorProcess:
    """Starts an emulator, waits until it accepts connections, and returns it. Raises UsageError if the emulator does
    not start.
    """
    check_installed()
    command = [sys.executable, "-P", "-m", "provisioner.emulator", "--with-parent", *options.arguments()]
    words = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the child)
    needs = UPSTREAM_NEEDS if options.upstream else NEEDS
    return EmulatorProcess(start_child(command, _environment(needs), error=words), words)


def _environment(needs: Needs = NEEDS) -> dict[str, str]:
    """Returns the environment variables for the child process, without the API key of OpenAI. `needs` selects the
    variables of this process that the child gets. `PYTHONPATH` contains the folder with the package `provisioner`,
    unless the package is installed.
    """
    environment = select_environment(os.environ, needs)
    here = Path(__file__).resolve().parents[2]
    if here.name not in INSTALLED:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(here), environment.get("PYTHONPATH")]))
    return environment
