"""Idle connections are asked whether they are closed once after each request, and then from time to time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpcore2
import pytest

from provisioner.core.endpoint import Endpoint
from provisioner.openai_api.http import deadline
from provisioner.openai_api.http.answers import read_json
from provisioner.openai_api.http.deadline import Deadline, DeadlineStream, OpenStreams
from provisioner.openai_api.http.session import Session
from tests.api.liar import Asked, lying, reply


class Socket(httpcore2.NetworkStream):
    """A connection that is closed by the server when `is_closed` is set."""

    def __init__(self) -> None:
        self.is_closed = False
        self.questions = 0

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends nothing."""

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Returns a response."""
        return b"200"

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


def test_a_request_is_not_sent_on_a_connection_that_was_closed_after_a_response() -> None:
    socket = Socket()
    stream = DeadlineStream(socket, Deadline(), OpenStreams())
    stream.write(b"GET")
    stream.read(3)
    assert not stream.get_extra_info("is_readable")
    stream.write(b"POST")  # A body may follow in further writes, while the server answers already.
    socket.is_closed = True
    stream.write(b"body")
    stream.read(3)
    with pytest.raises(httpcore2.ConnectionNotAvailable):
        stream.write(b"POST")


def test_no_request_is_lost_if_the_server_closes_connections_without_saying_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadline, "STAYS_OPEN", 60.0)

    def answer(asked: Asked) -> Iterator[bytes]:
        yield reply(200, {"id": asked.method})
        time.sleep(0.05)  # The connection is closed when the client has found it open.

    with lying(answer) as liar, closing(Session(Endpoint(f"{liar.url}/v1", "sk-test", "a test"))) as session:
        for _ in range(3):
            found = session.read(lambda client: read_json(client.get("/models")))
            time.sleep(0.5)
            made = session.create(lambda client: read_json(client.post("/vector_stores", {})))
            assert (found["id"], made["id"]) == ("GET", "POST")
            time.sleep(0.5)
        assert len(liar.asked) == 6
