"""Idle connections are asked whether they are closed once after each request, and then from time to time."""

from __future__ import annotations

from typing import Any

import httpcore2
import pytest

from provisioner.openai_api.http import deadline
from provisioner.openai_api.http.deadline import Deadline, DeadlineStream, OpenStreams


class Socket(httpcore2.NetworkStream):
    """A connection that is closed by the server when `is_closed` is set."""

    def __init__(self) -> None:
        self.is_closed = False
        self.questions = 0

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends nothing."""

    def get_extra_info(self, info: str) -> Any:
        """Says whether the connection is closed."""
        self.questions += info == "is_readable"
        return self.is_closed if info == "is_readable" else info


def test_an_idle_connection_is_asked_once_after_each_request() -> None:
    socket = Socket()
    stream = DeadlineStream(socket, Deadline(), OpenStreams())
    for number in range(1, 4):
        stream.write(b"GET")
        assert not any(stream.get_extra_info("is_readable") for _ in range(100))
        assert socket.questions == number
    assert stream.get_extra_info("server_addr") == "server_addr"


def test_a_connection_that_is_closed_after_a_response_is_not_used_again() -> None:
    socket = Socket()
    stream = DeadlineStream(socket, Deadline(), OpenStreams())
    assert not stream.get_extra_info("is_readable")
    stream.write(b"GET")
    socket.is_closed = True
    assert stream.get_extra_info("is_readable")
    assert stream.get_extra_info("is_readable")


def test_a_connection_that_is_closed_later_is_found_closed_after_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    socket, now = Socket(), [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    stream = DeadlineStream(socket, Deadline(), OpenStreams())
    assert not stream.get_extra_info("is_readable")
    socket.is_closed = True
    now[0] += deadline.STAYS_OPEN / 2
    assert not stream.get_extra_info("is_readable")
    now[0] += deadline.STAYS_OPEN
    assert stream.get_extra_info("is_readable")
