"""Edits a project at random, and plans and applies it again and again in this process, on a server with faults.

Then the faults end: one apply must succeed, and the plan after it must be empty.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import provisioner
from benchmarks.scale.sizes import Size
from provisioner.core.errors import ApiError, ProvisionError
from provisioner.core.refreshmode import RefreshMode
from provisioner.emulator.options import Options
from provisioner.emulator.process import EmulatorProcess, start
from tests.soak.account import find_differences
from tests.soak.edited_project import EditedProject
from tests.soak.usage import HEADINGS, Usage, find_growth, measure, row

#: The share of the calls that meet a fault. Each effect meets an equal part of it.
FAULT_RATE = 0.05
EFFECTS = ("429 retry-after=0.1", "500", "drop-before", "drop-after")
#: The server's statuses of calls that met a fault. 000 is that of a lost connection.
FAULTY = ("429", "500", "000")
#: The seconds between two lines that say how far a soak is.
PROGRESS = 60.0
KEY = "sk-soak"


@dataclass(slots=True)
class Soak:
    """What happened in a soak. `ended_early` counts the runs that an error of the API ended, by the error's class."""

    usages: list[Usage] = field(default_factory=list)
    edits: int = 0
    plans: int = 0
    applied: int = 0
    failed: int = 0
    skipped: int = 0
    ended_early: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    faults: int = 0
    problems: list[str] = field(default_factory=list)


def soak(
    folder: Path,
    size: Size,
    *,
    seconds: float,
    rounds: int | None = None,
    seed: int = 0,
    show: Callable[[str], None] = lambda line: None,
) -> Soak:
    """Returns what happened in a soak of so many seconds, and of at most so many rounds. `folder` must be empty."""
    project = EditedProject(folder / "project", size, random.Random(seed))
    project.write_first()
    result, log = Soak(), folder / "calls.log"
    faulty = Options(data=folder / "account.db", log=log, fail=tuple(_faults(seed)))
    with _serving(faulty) as server:
        begun = time.monotonic()
        shown = 0.0
        show(HEADINGS)
        while (elapsed := time.monotonic() - begun) < seconds and len(result.usages) != rounds:
            if result.usages:  # The first round applies the project as it was written.
                result.edits += project.edit()
            _run(project, result, show)
            result.usages.append(measure(len(result.usages), time.monotonic() - begun, server.pid))
            if elapsed >= shown + PROGRESS:
                shown = elapsed
                show(row(result.usages[-1]))
    result.calls, result.faults = _count(log)
    result.problems += find_growth(result.usages)
    with _serving(Options(data=folder / "account.db")) as server:
        result.problems += _settle(project, server)
    return result


@contextmanager
def _serving(options: Options) -> Iterator[EmulatorProcess]:
    """Runs an emulator, to which the library is directed by the variables of this process."""
    with start(options) as server:
        os.environ.update(OPENAI_API_KEY=KEY, OPENAI_BASE_URL=server.base_url)
        yield server


def _faults(seed: int) -> Iterator[str]:
    """Yields the faults for `--fail`. Only the calls that one of them spares meet the next."""
    each = FAULT_RATE / len(EFFECTS)
    for number, effect in enumerate(EFFECTS):
        yield f"* * {effect} rate={each / (1 - number * each):.5f} seed={seed * len(EFFECTS) + number}"


def _run(project: EditedProject, result: Soak, show: Callable[[str], None]) -> None:
    """Plans and applies once. Only an error of the API may end a run."""
    try:
        provisioner.plan(project.root, refresh=RefreshMode.QUICK, allow_mass_delete=True)
        result.plans += 1
        outcome = _apply(project, RefreshMode.QUICK).outcome
    except ApiError as error:
        result.ended_early[type(error).__name__] += 1
        show(f"round {len(result.usages)}: {error.message}")
        return
    result.applied += len(outcome.applied)
    result.failed += len(outcome.failed)
    result.skipped += len(outcome.skipped)


def _apply(project: EditedProject, refresh: RefreshMode) -> provisioner.Applied:
    return provisioner.apply(
        project.root, refresh=refresh, overwrite_drift=True, allow_mass_delete=True, accept_account=True, grace=0
    )


def _settle(project: EditedProject, server: EmulatorProcess) -> Iterator[str]:
    """Applies once without faults, and yields what is not as declared afterwards."""
    from openai import OpenAI

    try:
        outcome = _apply(project, RefreshMode.FULL).outcome
        yield from (f"the last apply: {address}: {error.message}" for address, error in outcome.failed.items())
        plan = provisioner.plan(project.root)
    except ProvisionError as error:
        yield f"the last run ended with {type(error).__name__}: {error.message}"
        return
    yield from (f"still to do: {change.action} {change.address}" for change in plan.changes)
    yield from (f"the plan is blocked: {blocker.message}" for blocker in plan.blockers())
    with OpenAI(api_key=KEY, base_url=server.base_url) as client:
        yield from find_differences(project, client)


def _count(log: Path) -> tuple[int, int]:
    """Returns the numbers of calls and of faults in the log of the emulator."""
    calls = faults = 0
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            calls += 1
            faults += line.rstrip().endswith(FAULTY)
    return calls, faults
