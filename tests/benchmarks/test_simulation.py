"""The simulation makes the calls that `provision` makes, and is never faster than the network and the server allow."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.scale.bounds import Calls
from benchmarks.scale.jobs import OPERATIONS, all_calls, first_apply, longest_chain, plan
from benchmarks.scale.operations import NETWORKS, PARALLELISM, Network, Result, measure_operations
from benchmarks.scale.processes import Cost
from benchmarks.scale.simulated import duration, measured_costs, simulation_lines
from benchmarks.scale.simulation import simulate
from benchmarks.scale.sizes import SIZES, Size
from provisioner.emulator.serving.delays import Delays

EVEN, REAL_LIMITS = NETWORKS["even"], Network("limits", 0.05, rates=1.0)


@pytest.mark.parametrize("size", [Size("one page", 2, 3, 12), Size("two pages", 2, 2, 240)], ids=lambda size: size.name)
def test_each_operation_makes_the_calls_of_its_simulation(tmp_path: Path, size: Size) -> None:
    fast = Network("fast", 0.0)
    measured = {
        each.operation: each.calls.by_kind
        for each in measure_operations(tmp_path, size, fast)
        if isinstance(each, Result)
    }
    simulated = {name: simulate(phases(size), fast).calls.by_kind for name, phases in OPERATIONS.items()}
    assert {name: measured[name] for name in OPERATIONS} == simulated


def test_calls_that_must_wait_for_each_other_follow_one_another() -> None:
    # Two lists, the upload, the batch, and the files of the vector store.
    assert simulate(first_apply(Size("small", 0, 2, 10)), EVEN).wall == pytest.approx(5 * 0.05)
    assert longest_chain(first_apply(Size("small", 0, 2, 10))) == 5
    # With more files than one page, it is asked first whether they are indexed.
    assert longest_chain(first_apply(Size("large", 0, 1, 150))) == 2 + 2 + 1 + 2


def test_calls_of_the_first_minute_begin_at_once_and_the_others_at_the_permitted_rate() -> None:
    found = simulate(first_apply(Size("limited", 0, 26, 1_300)), REAL_LIMITS)
    assert found.wall == pytest.approx(300 * 60 / 1_000, abs=1.0)
    assert found.refused == 0


def test_a_refused_call_is_made_again_when_the_server_permits_it() -> None:
    # The server permits 2,000 attached files a minute.
    size = Size("attached", 0, 1, 3_000)
    found = simulate(first_apply(size), Network("fast uploads", 0.001, rates=1.0))
    assert found.refused > 0
    assert found.calls.by_kind["POST /vector_stores/ID/file_batches"] == 6 + found.refused
    assert found.calls.by_kind["POST /files"] == 3_000


def test_the_cpu_times_of_two_calls_do_not_overlap() -> None:
    size = Size("busy", 0, 20, 400)
    found = simulate(plan(size), EVEN, cpu=0.1)
    assert found.wall == pytest.approx(0.05 + found.calls.total * 0.1)


@given(
    stores=st.integers(1, 8),
    per_store=st.integers(1, 700),
    operation=st.sampled_from(sorted(OPERATIONS)),
    network=st.sampled_from([*NETWORKS.values(), REAL_LIMITS]),
)
def test_no_simulation_is_faster_than_its_calls_and_its_longest_chain(
    stores: int, per_store: int, operation: str, network: Network
) -> None:
    size = Size("any", 0, stores, stores * per_store)
    phases = OPERATIONS[operation]
    found = simulate(phases(size), network)
    needed = all_calls(phases(size))
    assert found.calls.total - found.refused == needed.total
    assert not needed.by_kind - found.calls.by_kind
    if network.tail is None:
        assert found.wall >= network.bound(needed, longest_chain(phases(size))) - 1e-6
    else:
        delays = Delays(network.delay)
        drawn = [delays.draw() for _ in range(needed.total)]
        assert found.wall >= max(sum(drawn) / PARALLELISM, *drawn) - 1e-6


def measured(size: str, operation: str, *, calls: int, cpu: float, memory: int) -> Result:
    cost = Cost(wall=2.0, cpu=cpu, memory=memory, sent=None, output="")
    return Result(size, "even", operation, cost, Calls(Counter({"GET /files": calls})), None, 0.5)


def test_the_page_says_what_is_simulated_and_how_exact_this_is() -> None:
    results = [
        measured("S", "destroy", calls=16, cpu=1.0, memory=60_000_000),
        measured("M", "no-op plan", calls=102, cpu=1.0, memory=60_000_000),
        measured("L", "no-op plan", calls=1_000, cpu=5.0, memory=95_060_000_000),
        measured("L", "validate", calls=0, cpu=1.0, memory=1),
    ]
    costs = measured_costs(results)
    assert costs.cpu == {"no-op plan": 0.005}
    assert costs.memory["no-op plan"].at(5_000) == pytest.approx(60_000_000)
    assert costs.memory["no-op plan"].at(100_000) == pytest.approx(95_060_000_000)
    lines = list(simulation_lines(results, SIZES["M"]))
    # 102 calls of 50 ms, 16 at a time, take 7 rounds; 102 times 5 ms of CPU time begin after the first round.
    assert "| no-op plan | every call takes 50 ms | 102 | 0 | 0.32 s | 0.35 s | 1.10 | 0.56 s |" in lines
    assert "- no-op plan: 0.1 GB" in lines
    assert "| L | even | no-op plan | 1,000 | 1,015 | 2.00 s | 5.12 s |" in lines
    assert not any(line.startswith("| L | even | validate") for line in lines)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.5, "0.50 s"), (45.25, "45.2 s"), (157, "2.62 min"), (600, "10.0 min"), (60_000, "16.7 h")]
)
def test_a_time_is_shown_in_seconds_minutes_or_hours(seconds: float, text: str) -> None:
    assert duration(seconds) == text
