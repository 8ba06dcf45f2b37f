"""Headers with rate limits are read, and malformed ones are ignored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.openai_api.http.allowance import LONGEST_HOLD, Allowance
from provisioner.openai_api.http.rate_limit_headers import MOST_SECONDS, RateLimit, read_duration, read_rate_limit

NAMES = [
    f"x-ratelimit-{part}-{subject}" for part in ("limit", "remaining", "reset") for subject in ("requests", "tokens")
]
HOSTILE = [
    "-1",
    "nan",
    "inf",
    "1e9",
    "9" * 300,
    "",
    " ",
    "0",
    "7",
    "-5s",
    "1s1",
    "6m0s",
    "9" * 15 + "h",
    "٣",
    "0x10",
    "\x00",
]


def headers(limit: str | None, remaining: str | None, reset: str | None) -> dict[str, str]:
    given = {"limit": limit, "remaining": remaining, "reset": reset}
    return {f"x-ratelimit-{name}-requests": value for name, value in given.items() if value is not None}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1),
        ("6m0s", 360),
        ("20ms", 0.02),
        ("8.64s", 8.64),
        ("1h2m3.5s", 3723.5),
        ("1d", 86_400),
        ("250µs", 0.000_25),
        ("0s", 0),
        ("12", 12),
        ("1.5", 1.5),
        (" 3s ", 3),
    ],
)
def test_durations(text: str, seconds: float) -> None:
    assert read_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    [
        *("", "s", "-1s", "1s ago", "nan", "inf", "1e3", "1 s", "١s", "1.s", ".5s", "9" * 16, "1790000000"),
        *("2026-11-26T21:00:00Z", "9" * 14 + "h", "1s, 2s", "1" * 41),
    ],
)
def test_what_is_no_duration_is_ignored(text: str) -> None:
    assert read_duration(text) is None


def test_the_headers_of_openai_s_guide() -> None:
    assert read_rate_limit(headers("60", "59", "1s"), "requests") == RateLimit(60, 59, 1.0)
    assert read_rate_limit(headers("60", "59", "1s"), "tokens") is None


@pytest.mark.parametrize(
    ("limit", "remaining"),
    [
        ("60", None),
        ("60", "-1"),
        ("0", "0"),
        ("-1", "0"),
        ("nan", "0"),
        ("5", "6"),
        ("60", "1.5"),
        ("60", "many"),
        ("60", "0, 5"),
    ],
)
def test_counts_that_cannot_be_those_of_a_limit_are_ignored(limit: str, remaining: str | None) -> None:
    assert read_rate_limit(headers(limit, remaining, "1s"), "requests") is None


@pytest.mark.parametrize(("limit", "reset", "expected"), [(None, "2s", 2.0), ("10", None, None), ("10", "soon", None)])
def test_the_limit_and_the_time_may_be_missing(limit: str | None, reset: str | None, expected: float | None) -> None:
    found = read_rate_limit(headers(limit, "0", reset), "requests")
    assert found is not None
    assert found.reset == expected


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(HOSTILE) | st.text(max_size=50)), st.integers(0, 130))
def test_hostile_headers_never_delay_a_call_for_longer_than_a_minute(given: dict[str, str], in_flight: int) -> None:
    allowance = Allowance()
    for now in (0.0, 10.0):
        requests, tokens = read_rate_limit(given, "requests"), read_rate_limit(given, "tokens")
        if requests is not None:
            assert requests.remaining >= 0
            assert requests.reset is None or 0 <= requests.reset <= MOST_SECONDS
            allowance.note(requests, now, in_flight)
        if tokens is not None:
            allowance.note_tokens(tokens, now)
        allowance.begin(now)
        allowance.end(now, in_flight)
        assert 0 <= allowance.delay(now) <= LONGEST_HOLD
        assert allowance.delay(now + LONGEST_HOLD) == 0
