"""`python -m tests.fuzz.run`: reads many inputs with each subject, in a process each, and reports what was found.

It is a fault when an input ends in anything except a value or a ProvisionError, takes more than SLOWEST seconds of
the processor, or takes the process above MOST_MEMORY bytes. The exit code is 1 where there is any.
"""

from __future__ import annotations

import argparse
import faulthandler
import math
import multiprocessing
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from provisioner.core.errors import ProvisionError
from tests.fuzz.answers import Answers
from tests.fuzz.samples import write_samples
from tests.fuzz.subjects import Journals, Manifests, Plans, States, Subject

#: The slowest first, so that two at a time end early.
SUBJECTS: tuple[type[Subject], ...] = (Manifests, Answers, Plans, States, Journals)
#: Seconds of the processor that one input may take, and bytes that a whole run may hold.
SLOWEST = 5.0
MOST_MEMORY = 1 << 30
#: Seconds without an end, whatever is waited for, after which the process prints where it is and ends.
STUCK = 60.0
#: Seconds after which that time starts again: a thread is started each time, which would cost more than an input.
REARMED = 5.0
#: Where files of the inputs are written, so that no disk is waited for; None for the usual place.
IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
#: Faults that are kept: a fault of one kind would otherwise fill the report.
KEPT = 20


class TooSlow(BaseException):
    """An input took more than SLOWEST seconds of the processor."""


@dataclass
class Report:
    """What one subject did. `slowest` is in seconds of the processor, `memory` in bytes."""

    name: str
    inputs: int = 0
    read: int = 0
    slowest: float = 0.0
    memory: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        """A row of the table."""
        return (
            f"{self.name:<12} {self.inputs:>9,} {self.read / max(1, self.inputs):>9.1%} {len(self.faults):>7} "
            f"{self.slowest:>9.2f} s "
            f"{self.memory / 2**20:>7.0f} MB {self.seconds:>8.0f} s"
        )


def fuzz(subject: Subject, count: int, end: float = math.inf) -> Report:
    """Reads `count` inputs, or fewer where the monotonic clock reaches `end`. The process's alarm signal is used."""
    report = Report(subject.name)
    signal.signal(signal.SIGPROF, _stop)
    started = time.monotonic()
    armed = started - REARMED
    seen: set[str] = set()
    for _ in range(count):
        data = subject.next()
        if (now := time.monotonic()) - armed >= REARMED:
            armed = now
            if now >= end:
                break
            faulthandler.dump_traceback_later(STUCK, exit=True)
        signal.setitimer(signal.ITIMER_PROF, SLOWEST)
        before = time.process_time()
        try:
            subject.read(data)
            report.read += 1
        except ProvisionError:
            pass
        except (Exception, TooSlow) as error:
            place = "".join(traceback.format_tb(error.__traceback__)[-2:])
            if (kind := f"{type(error).__name__}: {place}") not in seen and len(seen) < KEPT:
                seen.add(kind)
                report.faults.append(f"{type(error).__name__}: {error}\n{place}input: {data[:2_000]!r}")
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        report.inputs += 1
        report.slowest = max(report.slowest, time.process_time() - before)
    faulthandler.cancel_dump_traceback_later()
    report.seconds = time.monotonic() - started
    report.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return report


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooSlow(f"more than {SLOWEST:g} s")


def run_subject(
    kind: type[Subject], samples: Mapping[str, Sequence[bytes]], seed: int, count: int, end: float
) -> Report:
    """A subject's report. Meant for a process of its own, whose memory is limited here."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    with tempfile.TemporaryDirectory(prefix="provision-fuzz-", dir=IN_MEMORY) as folder:
        subject = kind(Path(folder), samples.get(kind.name, ()), seed)
        try:
            report = fuzz(subject, count, end)
        finally:
            subject.close()
    if report.memory > MOST_MEMORY:
        report.faults.append(f"{report.memory:,} bytes of memory were used")
    return report


def main() -> int:
    """Runs the subjects that were chosen, some at the same time; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--count", type=int, default=200_000, help="inputs for each subject (200,000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same inputs (1)")
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="the run ends after that time, with fewer inputs"
    )
    parser.add_argument("--jobs", type=int, default=2, help="subjects that are run at the same time (2)")
    parser.add_argument("--only", choices=[kind.name for kind in SUBJECTS], help="one subject")
    chosen = parser.parse_args()
    kinds = [kind for kind in SUBJECTS if chosen.only in (None, kind.name)]
    with tempfile.TemporaryDirectory(prefix="provision-fuzz-") as folder:
        samples = write_samples(Path(folder))
    print(
        f"{'subject':<12} {'inputs':>9} {'read':>9} {'faults':>7} {'slowest':>11} {'memory':>10} {'time':>10}",
        flush=True,
    )
    end = time.monotonic() + chosen.minutes * 60
    tasks = [(kind, samples, chosen.seed, chosen.count, end) for kind in kinds]
    faults: list[str] = []
    processes = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(chosen.jobs, processes, max_tasks_per_child=1) as pool:
        for kind, report in [(task[0], pool.submit(run_subject, *task)) for task in tasks]:
            try:
                done = report.result()
            except BrokenExecutor:
                faults.append(f"{kind.name}: a process ended early, this one or another, and says above where it was")
                continue
            print(done.line(), flush=True)
            faults += [f"{done.name}: {fault}" for fault in done.faults]
    for fault in faults:
        print(f"\n{fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
