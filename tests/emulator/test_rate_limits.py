"""OpenAI's documented rate limits, and delays with a long tail. The clock of the limits is a number."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from provisioner.emulator.messages.refusal import Refusal
from provisioner.emulator.options import LongTail
from provisioner.emulator.serving.delays import Delays
from provisioner.emulator.serving.rate_limits import (
    ATTACHED_FILES,
    MANY_STORES,
    STORE_WRITES,
    UPLOADS,
    RateLimits,
    format_duration,
)
from provisioner.openai_api.http.rate_limit_headers import read_duration
from tests.emulator.running import emulator

STORE = "/vector_stores/vs_1"


def count(limits: RateLimits, method: str, path: str, body: Any = None, now: float = 0.0) -> int:
    """Returns the number of requests that are permitted at once."""
    for number in itertools.count():
        try:
            limits.take(method, path, body, now)
        except Refusal:
            return number
    raise AssertionError


@pytest.mark.parametrize(
    ("method", "path", "body", "most"),
    [
        ("POST", "/files", None, UPLOADS),
        ("POST", f"{STORE}/files", {"file_id": "file-1"}, STORE_WRITES),
        ("DELETE", f"{STORE}/files/file-1", None, STORE_WRITES),
        ("POST", f"{STORE}/file_batches", {"file_ids": ["a"] * 500}, ATTACHED_FILES // 500),
        ("POST", f"{STORE}/file_batches", {"files": [{}] * 500}, ATTACHED_FILES // 500),
        ("POST", "/vector_stores", {"file_ids": ["a"] * 100}, ATTACHED_FILES // 100),
    ],
)
def test_limits(method: str, path: str, body: Any, most: int) -> None:
    assert count(RateLimits(1.0, 0.0), method, path, body) == most


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/files"),
        ("GET", f"{STORE}/files"),
        ("POST", f"{STORE}/search"),
        ("POST", STORE),
        ("DELETE", "/files/f"),
    ],
)
def test_other_requests_are_not_limited(method: str, path: str) -> None:
    limits = RateLimits(1.0, 0.0)
    assert all(limits.take(method, path, {}, 0.0) == {} for _ in range(3 * ATTACHED_FILES))


@pytest.mark.parametrize("body", [None, [], "x", {"file_ids": 1, "files": None}, {"file_ids": []}])
def test_bodies_that_attach_nothing(body: Any) -> None:
    assert count(RateLimits(1.0, 0.0), "POST", f"{STORE}/file_batches", body) == STORE_WRITES


def test_without_the_option_nothing_is_limited() -> None:
    limits = RateLimits(None, 0.0)
    assert all(limits.take("POST", "/files", None, 0.0) == {} for _ in range(2 * UPLOADS))


def test_each_store_has_its_own_limit() -> None:
    limits = RateLimits(1.0, 0.0)
    for store in ("vs_1", "vs_2"):
        assert count(limits, "DELETE", f"/vector_stores/{store}/files/f") == STORE_WRITES


@pytest.mark.parametrize("scale", [1.0, 60.0, 0.5])
def test_a_limit_is_refilled_continuously_and_in_scaled_time(scale: float) -> None:
    limits = RateLimits(scale, 0.0)
    assert count(limits, "POST", "/files") == UPLOADS
    assert count(limits, "POST", "/files", now=30.001 / scale) == UPLOADS // 2
    assert count(limits, "POST", "/files", now=3_600.0) == UPLOADS


def test_headers_and_the_refusal() -> None:
    limits = RateLimits(1.0, 0.0)
    assert limits.take("POST", "/files", None, 0.0) == {
        "x-ratelimit-limit-requests": "1000",
        "x-ratelimit-remaining-requests": "999",
        "x-ratelimit-reset-requests": "60ms",
    }
    count(limits, "POST", "/files")
    with pytest.raises(Refusal) as caught:
        limits.take("POST", "/files", None, 0.0)
    refusal = caught.value
    assert (refusal.status, refusal.code, refusal.kind) == (429, "rate_limit_exceeded", "requests")
    assert refusal.message == "Rate limit reached for requests. Limit: 1000 / min. Please try again in 60ms."
    assert refusal.headers == {
        "x-ratelimit-limit-requests": "1000",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "1m0s",
        "retry-after": "1",
        "retry-after-ms": "60",
    }


def test_after_the_wait_that_a_refusal_states_the_request_is_permitted() -> None:
    limits, path, body = RateLimits(1.0, 0.0), f"{STORE}/file_batches", {"file_ids": ["a"] * 500}
    count(limits, "POST", path, body)
    with pytest.raises(Refusal) as caught:
        limits.take("POST", path, body, 0.0)
    assert caught.value.headers["retry-after"] == "15"
    assert count(limits, "POST", path, body, 15.0) == 1


def test_many_stores_are_forgotten() -> None:
    limits = RateLimits(1.0, 0.0)
    for number in range(3 * MANY_STORES):
        limits.take("DELETE", f"/vector_stores/vs_{number}/files/f", None, number)
    assert len(limits._stores) <= MANY_STORES


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0ms"), (0.02, "20ms"), (1, "1s"), (8.64, "8.64s"), (60, "1m0s"), (360, "6m0s"), (3600.5, "1h0m0.5s")],
)
def test_durations_are_written_as_openai_does(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
    assert read_duration(text) == pytest.approx(seconds)


def test_delays_have_a_long_tail_and_are_the_same_for_the_same_seed() -> None:
    def drawn(seed: int) -> list[float]:
        delays = Delays(LongTail(50, 800, seed))
        return sorted(delays.draw() for _ in range(20_000))

    found = drawn(7)
    assert found == drawn(7) != drawn(8)
    assert found[10_000] == pytest.approx(0.05, rel=0.05)
    assert found[19_800] == pytest.approx(0.8, rel=0.15)


def test_a_constant_delay() -> None:
    assert [Delays(20).draw() for _ in range(3)] == [0.02] * 3
    assert Delays(LongTail(20, 20)).draw() == pytest.approx(0.02)


def test_the_server_states_its_limits() -> None:
    with emulator(rate_limits=0.01, latency_ms=LongTail(1, 2)) as (client, wire):
        file = client.files.with_raw_response.create(file=("a.txt", b"a"), purpose="assistants")
        assert file.headers["x-ratelimit-remaining-requests"] == "999"
        store = client.vector_stores.create().id
        refused = wire.ask("POST", f"/vector_stores/{store}/files", {"file_id": "file-none"})
        assert (refused.status, refused.headers["x-ratelimit-remaining-requests"]) == (404, "299")
        batch = {"file_ids": [f"file-{number}" for number in range(500)]}
        path = f"/vector_stores/{store}/file_batches"
        assert [wire.ask("POST", path, batch).status for _ in range(4)] == [404, 404, 404, 429]
        again = wire.ask("POST", path, batch)
        assert (again.status, again.body["error"]["code"]) == (429, "rate_limit_exceeded")
        assert again.headers["x-ratelimit-remaining-requests"] == "296"
        assert float(again.headers["retry-after-ms"]) > 1000
        assert "x-ratelimit-limit-requests" not in wire.ask("GET", "/files").headers
