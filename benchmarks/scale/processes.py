"""Runs a command as a process, and measures what it costs."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
#: With this variable, as in many containers, Python would compile all modules for each command of a fresh checkout.
UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
#: The counter of the bytes that Linux sends over the loopback interface. All traffic of a benchmark goes over it.
LOOPBACK = Path("/sys/class/net/lo/statistics/tx_bytes")


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one process. `wall` and `cpu` are in seconds, `memory` is the peak in bytes, and `sent` is the number
    of bytes that went over the loopback interface in both directions (None: it is not known on this system).
    """

    wall: float
    cpu: float
    memory: int
    sent: int | None
    output: str


def measure(command: Sequence[str], cwd: Path, variables: Mapping[str, str]) -> Cost:
    """Runs a command to its end, and returns its cost. Raises RuntimeError with its messages if it fails."""
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), **variables}
    environment.pop(UNCOMPILED, None)
    before = _loopback_bytes()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        for stream in (out, err):
            stream.seek(0)
        output, messages = out.read().decode(), err.read().decode()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output[-500:]}{messages[-2000:]}")
    after = _loopback_bytes()
    sent = None if before is None or after is None else after - before
    return Cost(wall, usage.ru_utime + usage.ru_stime, _peak(usage), sent, output)


def _peak(usage: resource.struct_rusage) -> int:
    """Returns the peak memory in bytes. macOS reports bytes, and Linux reports kibibytes."""
    return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _loopback_bytes() -> int | None:
    return int(LOOPBACK.read_text(encoding="ascii")) if LOOPBACK.exists() else None
