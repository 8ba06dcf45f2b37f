"""The command line as a user runs it: a process, timed from start to end."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Run:
    """A command that ended well. `seconds` is wall time."""

    seconds: float
    stdout: str


def provision() -> list[str]:
    """The console script beside this Python where it is installed, the module otherwise."""
    script = shutil.which("provision", path=str(Path(sys.executable).parent))
    return [script] if script else [sys.executable, "-m", "provisioner.cli"]


def run(command: Sequence[str], cwd: Path, **variables: str) -> Run:
    """Runs a command to its end. Raises RuntimeError with its words where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), **variables}
    begun = time.perf_counter()
    ended = subprocess.run(
        command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, encoding="utf-8", check=False
    )
    seconds = time.perf_counter() - begun
    if ended.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stderr}")
    return Run(seconds, ended.stdout)


def median(command: Sequence[str], cwd: Path, times: int) -> float:
    """The median of wall seconds, after one run that warms the caches."""
    run(command, cwd)
    return statistics.median(run(command, cwd).seconds for _ in range(times))


def processor_seconds(pid: int) -> float:
    """Returns the processor seconds of a process so far."""
    words = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return sum(map(int, words[11:13])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def emulator(folder: Path, latency_ms: int = 0) -> Iterator[Emulator]:
    """An emulator of its own process, with a log of its requests."""
    from provisioner.emulator.options import Options
    from provisioner.emulator.process import start

    log = folder / "requests.log"
    with start(Options(data=folder / "account.db", latency_ms=latency_ms, log=log)) as process:
        yield Emulator(process.base_url, log)


@dataclass(frozen=True, slots=True)
class Emulator:
    """A running emulator."""

    base_url: str
    log: Path

    def requests(self) -> int:
        """How many requests it had so far."""
        return len(self.log.read_text(encoding="utf-8").splitlines()) if self.log.exists() else 0

    def run(self, root: Path, *arguments: str, **variables: str) -> Run:
        """Runs `provision` in a project, against this emulator."""
        ours = {"OPENAI_BASE_URL": self.base_url, "OPENAI_API_KEY": "benchmark"}
        return run([*provision(), *arguments], root, **ours, **variables)
