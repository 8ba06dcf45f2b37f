"""Runs a command as a process, and measures what it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LAUNCHER = Path(__file__).with_name("launcher.py")
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
    with tempfile.TemporaryDirectory(prefix="provision-benchmark-") as folder:
        result = Path(folder, "cost.json")
        started = [sys.executable, "-I", "-S", str(LAUNCHER), str(result), *command]
        before = _loopback_bytes()
        ended = subprocess.run(
            started, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        after = _loopback_bytes()
        if ended.returncode:
            raise RuntimeError(f"{command[0]} was not started:\n{ended.stderr[-2000:]}")
        cost = json.loads(result.read_text(encoding="utf-8"))
    if cost["code"]:
        messages = f"{ended.stdout[-500:]}{ended.stderr[-2000:]}"
        raise RuntimeError(f"{' '.join(command)} ended with {cost['code']}:\n{messages}")
    sent = None if before is None or after is None else after - before
    return Cost(cost["wall"], cost["cpu"], _in_bytes(cost["memory"]), sent, ended.stdout)


def _in_bytes(memory: int) -> int:
    """Returns the peak memory in bytes. macOS reports bytes, and Linux reports kibibytes."""
    return memory * (1 if sys.platform == "darwin" else 1024)


def _loopback_bytes() -> int | None:
    return int(LOOPBACK.read_text(encoding="ascii")) if LOOPBACK.exists() else None
