"""`python -m tests.soak.run` (`make soak`): edits a project at random for an hour, and plans and applies it in one
process, on an emulator where 5 % of the calls fail.

It prints a table. The exit code is 1 if the memory, the descriptors or the threads of the process have grown, or if
the account is not as declared in the end. It needs Linux, because it reads /proc.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from benchmarks.scale.sizes import SIZES
from tests.soak.soaking import Soak, soak
from tests.soak.usage import table

#: At most so many problems are printed.
MOST_SHOWN = 50


def main() -> int:
    """Runs a soak, prints what happened, and returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long it is edited (default: 60)")
    parser.add_argument("--rounds", type=int, help="end after so many rounds")
    parser.add_argument("--size", choices=SIZES, default="M", help="the size of the project (default: M)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same edits (default: 1)")
    options = parser.parse_args()
    if not os.path.exists("/proc/self/statm"):
        parser.error("this system has no /proc; run it on Linux")
    with tempfile.TemporaryDirectory(prefix="provision-soak-") as name:
        result = soak(
            Path(name),
            SIZES[options.size],
            seconds=options.minutes * 60,
            rounds=options.rounds,
            seed=options.seed,
            show=lambda line: print(line, file=sys.stderr, flush=True),
        )
    for line in report(result):
        print(line)
    return 1 if result.problems else 0


def report(result: Soak) -> list[str]:
    """Returns the lines that say what happened."""
    share = result.faults / max(1, result.calls)
    ended = ", ".join(f"{count} with {name}" for name, count in sorted(result.ended_early.items()))
    return [
        *table(result.usages),
        "",
        f"{len(result.usages)} rounds, {result.edits} edits, {result.plans} plans",
        f"{result.applied} changes applied, {result.failed} failed, {result.skipped} skipped",
        f"{result.calls} calls, {result.faults} of them met a fault ({share:.1%})",
        f"runs that an error of the API ended: {ended or 'none'}",
        *result.problems[:MOST_SHOWN],
        f"FAIL: {len(result.problems)} problems" if result.problems else "PASS",
    ]


if __name__ == "__main__":
    sys.exit(main())
