"""A short run of `make soak`, and what makes a run fail."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import provisioner
from benchmarks.scale.sizes import SIZES
from provisioner.core.errors import Unavailable
from tests.conftest import CHECKOUT, KEY, Emulators
from tests.soak.account import find_differences
from tests.soak.edited_project import FEWEST, MOST, EditedProject
from tests.soak.run import report
from tests.soak.soaking import Soak
from tests.soak.usage import MEGABYTE, Usage, find_growth, measure

ROUNDS = 40

needs_proc = pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="a soak reads /proc")


@needs_proc
@pytest.mark.timeout(600)
def test_a_short_soak_passes() -> None:
    """It takes a minute at most on a quiet machine. Its end is a number of rounds, so that a busy one passes too."""
    command = [sys.executable, "-m", "tests.soak.run", "--size", "S", "--minutes", "9", "--rounds", str(ROUNDS)]
    ended = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.endswith("PASS\n")
    assert f"{ROUNDS} rounds" in ended.stdout


def usages(count: int = 40, /, **growth: float) -> list[Usage]:
    """Usages that grow by so much in each round."""
    first = Usage(0, 0.0, 100 * MEGABYTE, 8, 1, 0)
    return [
        replace(
            first,
            round=number,
            **{name: int(getattr(first, name) + number * growth) for name, growth in growth.items()},
        )
        for number in range(count)
    ]


def test_flat_usages_are_no_problem() -> None:
    assert find_growth(usages()) == []
    assert find_growth(usages(memory=0.4 * MEGABYTE)) == []


@pytest.mark.parametrize(
    ("growth", "problem"),
    [
        ({"memory": 0.7 * MEGABYTE}, "the memory grew from 110.1 to 124.1 MB"),
        ({"descriptors": 0.1}, "the descriptors grew from at most 9 to at least 11"),
        ({"threads": 1}, "the threads grew"),
    ],
)
def test_growth_is_a_problem(growth: dict[str, float], problem: str) -> None:
    (found,) = find_growth(usages(**growth))
    assert found.startswith(problem)


def test_growth_before_the_end_of_the_warm_up_is_no_problem() -> None:
    low, high = usages(10), [replace(each, memory=300 * MEGABYTE, descriptors=20) for each in usages(30)]
    assert find_growth([*low, *high]) == []


def test_too_few_rounds_are_a_problem() -> None:
    (found,) = find_growth(usages(8))
    assert found.startswith("there were 6 rounds after the warm-up")


@needs_proc
def test_an_open_descriptor_is_measured() -> None:
    before = measure(0, 0.0, os.getpid())
    with open(os.devnull, "rb"):
        assert measure(0, 0.0, os.getpid()).descriptors == before.descriptors + 1
    assert before.memory > MEGABYTE


def test_edits_keep_the_size_and_write_what_they_declare(tmp_path: Path) -> None:
    size = SIZES["S"]
    project = EditedProject(tmp_path, size, random.Random(3))
    project.write_first()
    for _ in range(300):
        project.edit()
        assert size.assistants * FEWEST - 1 <= len(project.assistants) <= size.assistants * MOST + 1
        assert 1 <= len(project.stores) <= size.stores + 1
        assert all(each.store in project.stores for each in project.assistants.values())
        written = {path.relative_to(project.manifests / "books").as_posix() for path in tmp_path.rglob("*.md")}
        assert written == {f"{store}/{file}" for store, files in project.stores.items() for file in files}


def test_orphans_and_missing_objects_are_found(
    tmp_path: Path, emulator: Emulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = emulator()
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    project = EditedProject(tmp_path, SIZES["S"], random.Random(4))
    project.write_first()
    assert not provisioner.apply(tmp_path).outcome.failed
    client = server.client()
    assert find_differences(project, client) == []
    orphan = client.files.create(file=("orphan.txt", b"Nobody knows me."), purpose="user_data").id
    assert find_differences(project, client) == [f"file {orphan} is live, and neither recorded nor retired"]
    client.files.delete(orphan)
    store = next(each for each in client.vector_stores.list() if each.name == "s0")
    member = next(iter(client.vector_stores.files.list(store.id)))
    client.vector_stores.files.delete(member.id, vector_store_id=store.id)
    (problem,) = find_differences(project, client)
    assert problem.startswith("vector_store.s0 does not hold what is declared; it has too much: {}; it lacks: {(")
    client.vector_stores.delete(store.id)
    assert f"vector_store.s0 is recorded as {store.id}, which is not live" in find_differences(project, client)
    project.add_assistant()
    assert any("is declared, and not recorded" in each for each in find_differences(project, client))


def test_the_report_says_why_a_soak_failed() -> None:
    result = Soak(usages(), calls=1000, faults=50, problems=["file file-1 is live, and neither recorded nor retired"])
    result.ended_early[Unavailable.__name__] += 2
    lines = report(result)
    assert "1000 calls, 50 of them met a fault (5.0%)" in lines
    assert "runs that an error of the API ended: 2 with Unavailable" in lines
    assert lines[-2:] == [*result.problems, "FAIL: 1 problems"]
