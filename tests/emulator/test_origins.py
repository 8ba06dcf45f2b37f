"""Requests that were not meant for the emulator: a page in a browser can reach every server on its machine."""

from __future__ import annotations

import socket

import pytest

from provisioner.emulator.process import EmulatorProcess
from tests.emulator.wire import Wire


def port_of(server: EmulatorProcess) -> str:
    return server.base_url.rpartition(":")[2].partition("/")[0]


HOSTS = [
    "evil.example", "evil.example:PORT", "127.0.0.1.evil.example:PORT", "127.0.0.1@evil.example:PORT", "0.0.0.0:PORT",
    "127.0.0.1:evil", "127.0.0.1", "127.0.0.1:1", "127.0.0.1:PORT@evil.example", "localhost.:PORT", "::1:PORT",
    "127.1:PORT", "2130706433:PORT", "[::ffff:127.0.0.1]:PORT", "localhost:PORT0", "127.0.0.1:PORT/", "",
]  # fmt: skip


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(("method", "path"), [("GET", "/files"), ("POST", "/vector_stores"), ("DELETE", "/files/f")])
def test_a_request_for_another_host_is_refused(
    wire: Wire, server: EmulatorProcess, host: str, method: str, path: str
) -> None:
    answer = wire.ask(method, path, headers={"host": host.replace("PORT", port_of(server))})
    assert (answer.status, answer.body["error"]["code"]) == (403, "invalid_host")
    assert answer.body["error"].keys() == {"message", "type", "param", "code"}


@pytest.mark.parametrize("host", ["127.0.0.1:PORT", "localhost:PORT", "LOCALHOST:PORT", "[::1]:PORT"])
def test_a_request_for_this_host_is_answered(wire: Wire, server: EmulatorProcess, host: str) -> None:
    host = host.replace("PORT", port_of(server))
    assert wire.ask("GET", "/files", headers={"host": host}).status == 200
    assert wire.ask("GET", "/files", headers={"host": host, "origin": f"http://{host}"}).status == 200
    assert wire.ask("GET", "/files", headers={"host": host, "sec-fetch-site": "same-origin"}).status == 200


FOREIGN = [
    {"origin": "http://evil.example"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "http://localhost:1"},
    {"origin": "https://127.0.0.1:PORT"},
    {"origin": "http://127.0.0.1:PORT.evil.example"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:PORT"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_request_of_another_servers_page_is_refused(
    wire: Wire, server: EmulatorProcess, headers: dict[str, str], method: str
) -> None:
    named = {name: value.replace("PORT", port_of(server)) for name, value in headers.items()}
    answer = wire.ask(method, "/vector_stores", headers=named)
    assert (answer.status, answer.body["error"]["code"]) == (403, "invalid_origin")
    assert not [name for name in answer.headers if name.startswith("access-control-")]


def test_a_request_without_a_host_is_refused(server: EmulatorProcess) -> None:
    with socket.create_connection(("127.0.0.1", int(port_of(server))), timeout=10) as connection:
        connection.sendall(b"GET /v1/files HTTP/1.0\r\nauthorization: Bearer sk-test\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 403")
