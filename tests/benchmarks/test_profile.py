"""The benchmark's tables of where the CPU time of a plan goes."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from benchmarks.scale.least_work import measure_least_work
from benchmarks.scale.operations import Breakdown
from benchmarks.scale.page import breakdown_lines
from benchmarks.scale.processes import measure
from benchmarks.scale.profile import IMPORTING, OTHER, PARTS, START, Profile, combine, part_of
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


def test_a_profile_counts_the_samples_of_a_command(tmp_path: Path) -> None:
    target = tmp_path / "profile.json"
    measure([sys.executable, "-m", "benchmarks.scale.sampler", str(target), "plan", "--help"], tmp_path, {})
    profile = Profile(**json.loads(target.read_text(encoding="utf-8")))
    assert profile.total == sum(profile.functions.values()) > 0
    assert profile.share(START) > 0.1
    twice = combine((profile, profile))
    assert (twice.total, twice.share(START)) == (2 * profile.total, profile.share(START))


def test_the_least_work_reads_what_a_plan_reads(project: WriteProject, provision: Provision) -> None:
    root = project({**settings(), **stores(2, 3)})
    succeed((provision("apply", "--yes"),))
    emulator = provision.emulators.latest
    before = len(emulator.requests())
    least = measure_least_work(root, emulator.base_url)
    assert len(emulator.requests()) - before == 4  # two lists, and the files of two vector stores
    assert all(seconds > 0 for seconds in least.values())
    profile = Profile({START: 1, OTHER: 3}, {"a": 3, "b": 1})
    page = "\n".join(breakdown_lines([Breakdown("S", {"full": profile}, least, 0.5)]))
    assert "| start: loading modules | 25% |" in page
    assert "- 75.0% `a`" in page
    assert f"| together | {sum(least.values()) / 0.5:.2f} |" in page
