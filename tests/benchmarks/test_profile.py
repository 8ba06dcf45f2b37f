"""The benchmark's tables of where the CPU time of a plan goes."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.scale.least_work import measure_least_work
from benchmarks.scale.operations import Breakdown
from benchmarks.scale.page import breakdown_lines
from benchmarks.scale.processes import measure
from benchmarks.scale.profile import IMPORTING, OTHER, PARTS, START, THREADS, Profile, combine, part_of
from benchmarks.scale.sampler import Sampler
from tests.conftest import Provision, WriteProject
from tests.numbers.test_counts import settings, stores, succeed

NAMES = [name for names in PARTS.values() for name in names if name != IMPORTING]


@pytest.mark.parametrize("name", NAMES)
def test_each_part_consists_of_modules_that_exist(name: str) -> None:
    assert importlib.util.find_spec(f"provisioner.{name}") is not None


def test_a_sample_belongs_to_the_first_part_of_which_a_module_is_called() -> None:
    outer = ["provisioner.manifest.loading", "provisioner.cli.main"]
    assert part_of(outer) == "manifests: parsing, and making resources"
    assert part_of(["re", "provisioner.manifest.secret_scan.secrets", *outer]) == "manifests: searching for credentials"
    assert part_of([IMPORTING, *outer]) == START
    assert part_of(["provisioner.manifested", "provisioner.cli.main"]) == OTHER


def test_a_profile_contains_the_time_of_a_command(tmp_path: Path) -> None:
    target = tmp_path / "profile.json"
    measure([sys.executable, "-m", "benchmarks.scale.sampler", str(target), "plan", "--help"], tmp_path, {})
    profile = Profile(**json.loads(target.read_text(encoding="utf-8")))
    assert profile.total == pytest.approx(sum(profile.functions.values()))
    assert profile.share(START) > 0.1
    twice = combine((profile, profile))
    assert twice.total == pytest.approx(2 * profile.total)
    assert twice.share(START) == pytest.approx(profile.share(START))


def hash_long() -> None:
    hashlib.sha256(bytes(600_000_000)).hexdigest()


def count_long() -> None:
    end = time.process_time() + 0.4
    while time.process_time() < end:
        pass


def wait_for_thread() -> None:
    thread = threading.Thread(target=hash_long)
    thread.start()
    thread.join()


@pytest.mark.parametrize(
    ("work", "name"),
    [(hash_long, f"{__name__}.hash_long"), (count_long, f"{__name__}.count_long"), (wait_for_thread, THREADS)],
)
def test_a_function_in_c_and_other_threads_get_their_time(work: Callable[[], None], name: str) -> None:
    before = signal.getsignal(signal.SIGPROF)
    sampler = Sampler()
    begun = time.process_time()
    sampler.start()
    try:
        work()
    finally:
        profile = sampler.stop()
        signal.signal(signal.SIGPROF, before)
    spent = time.process_time() - begun
    assert profile.functions.get(name, 0.0) > 0.7 * spent


def test_the_least_work_reads_what_a_plan_reads(project: WriteProject, provision: Provision) -> None:
    root = project({**settings(), **stores(2, 3)})
    succeed((provision("apply", "--yes"),))
    emulator = provision.emulators.latest
    before = len(emulator.requests())
    least = measure_least_work(root, emulator.base_url)
    assert len(emulator.requests()) - before == 4  # two lists, and the files of two vector stores
    assert all(seconds > 0 for seconds in least.values())
    profile = Profile({START: 1.0, OTHER: 3.0}, {"a": 3.0, "b": 1.0})
    page = "\n".join(breakdown_lines([Breakdown("S", {"full": profile}, least, 0.5)]))
    assert "| start: loading modules | 25% |" in page
    assert "- 75.0% `a`" in page
    assert f"| together | {sum(least.values()) / 0.5:.2f} |" in page
