"""A session that is closed ends the calls of other threads at once, whatever they are doing."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from threading import Event, Thread
from typing import Any

import httpcore2
import pytest

from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import ApiError, Unavailable
from provisioner.openai_api.http.apiclient import ApiClient
from provisioner.openai_api.http.deadline import Deadline, DeadlineBackend, DeadlineStream, OpenStreams
from provisioner.openai_api.http.pace import Pace
from provisioner.openai_api.http.session import Session
from tests.api.liar import Asked, Liar, listing, lying

CALLS = 16
#: Far more seconds than it takes, and far less than the time limit of a call.
SOON = 60.0


def get_files(client: ApiClient) -> None:
    client.get("/files")


def open_session(liar: Liar) -> tuple[Session, Event]:
    """A session at the server, and the event that ends its pauses."""
    stop = Event()
    endpoint = Endpoint(f"{liar.url}/v1", "sk-test", "a test")
    return Session(endpoint, pace=Pace(CALLS), rest=stop.wait), stop


@pytest.mark.parametrize("milliseconds", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 200])
def test_calls_of_other_threads_end(milliseconds: int) -> None:
    def never(asked: Asked) -> Iterator[bytes]:
        while not found[0].over.is_set():
            time.sleep(0.01)
            yield b""

    found: list[Liar] = []
    ended: list[ApiError] = []
    with lying(never) as liar:
        found.append(liar)
        session, stop = open_session(liar)

        def call() -> None:
            try:
                session.read(get_files)
            except ApiError as error:
                ended.append(error)

        threads = [Thread(target=call, daemon=True) for _ in range(CALLS)]
        for thread in threads:
            thread.start()
        time.sleep(milliseconds / 1000)
        stop.set()
        session.close()
        for thread in threads:
            thread.join(SOON)
        assert not any(thread.is_alive() for thread in threads)
    assert len(ended) == CALLS
    assert all(isinstance(error, Unavailable) for error in ended)


def test_no_call_is_made_afterwards() -> None:
    with lying(lambda asked: listing()) as liar:
        session, stop = open_session(liar)
        session.read(get_files)
        stop.set()
        session.close()
        with pytest.raises(Unavailable):
            session.read(get_files)
        assert liar.calls() == ["GET /v1/files"]


def test_a_handshake_of_another_thread_ends() -> None:
    def never(asked: Asked) -> Iterator[bytes]:
        yield b""

    with lying(never) as liar:
        backend = DeadlineBackend(httpcore2.SyncBackend(), Deadline())
        stream = backend.connect_tcp("127.0.0.1", liar.port)
        ended: list[Exception] = []

        def shake_hands() -> None:
            try:
                stream.start_tls(ssl.create_default_context(), "localhost", timeout=10 * SOON)
            except httpcore2.ConnectError as error:
                ended.append(error)

        thread = Thread(target=shake_hands, daemon=True)
        thread.start()
        time.sleep(0.2)
        backend.opened.end()
        thread.join(SOON)
        assert not thread.is_alive()
        assert len(ended) == 1


def test_an_encrypted_connection_stays_encrypted_when_it_is_ended() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        context = ssl.create_default_context()
        encrypted = context.wrap_socket(ours, server_hostname="localhost", do_handshake_on_connect=False)
        with encrypted:
            stream = DeadlineStream(Connected(encrypted), Deadline(), OpenStreams())
            stream.shut_down()
            # Without its encryption, a socket of this type sends in plain text what is written to it.
            assert encrypted._sslobj is not None  # type: ignore[attr-defined]
            with pytest.raises((BrokenPipeError, ssl.SSLError)):
                encrypted.send(b"key")


class Connected(httpcore2.NetworkStream):
    """A connection that has a socket and does nothing else."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection

    def get_extra_info(self, info: str) -> Any:
        return self.connection if info == "socket" else None
