"""How often a call is sent, and how long is waited in between. Spoken over a socket, without waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import Ambiguous, Rejected, Unavailable
from provisioner.openai_api.http.session import ATTEMPTS, Call, Session, Wait

STORE = b'{"id": "vs_1", "object": "vector_store", "name": "plays", "created_at": 1}'


@dataclass
class Script:
    """What the server answers, one after the other; the last one for ever. It remembers how often it was asked."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=lambda: [(200, {})])
    asked: int = 0
    times: list[float] = field(default_factory=list)
    base_url: str = ""


@pytest.fixture
def script() -> Iterator[Script]:
    found = Script()

    class Server(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            status, headers = found.answers[min(found.asked, len(found.answers) - 1)]
            found.asked += 1
            found.times.append(time.monotonic())
            body = STORE if status == 200 else b'{"error": {"message": "No.", "code": null}}'
            self.send_response(status)
            for name, value in {
                **headers,
                "content-type": "application/json",
                "content-length": str(len(body)),
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    found.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Collects the pauses instead of making them; the clock goes on all the same."""
    found: list[float] = []
    now = time.monotonic
    monkeypatch.setattr(time, "sleep", found.append)
    monkeypatch.setattr(time, "monotonic", lambda: now() + sum(found))
    return found


@dataclass
class Told:
    """What the session tells."""

    events: list[Call | Wait] = field(default_factory=list)

    def session(self, script: Script) -> Session:
        return Session(Endpoint(script.base_url, "sk-test", "a test"), self.events.append)


def test_the_sdk_retries_nothing_by_itself(script: Script) -> None:
    session = Told().session(script)
    assert session._open().sdk.max_retries == 0
    session.close()


@pytest.mark.parametrize("status", [500, 503, 408])
def test_a_create_whose_answer_is_unclear_is_sent_once(script: Script, waits: list[float], status: int) -> None:
    script.answers = [(status, {})]
    with pytest.raises(Ambiguous):
        Told().session(script).create(lambda client: client.post("/vector_stores", {"name": "plays"}))
    assert script.asked == 1
    assert waits == []


@pytest.mark.parametrize("status", [500, 503, 408])
def test_a_read_is_sent_again_a_few_times(script: Script, waits: list[float], status: int) -> None:
    script.answers = [(status, {})]
    with pytest.raises(Unavailable):
        Told().session(script).read(lambda client: client.get("/vector_stores/vs_1"))
    assert script.asked == ATTEMPTS
    assert waits == sorted(waits)
    assert len(waits) == ATTEMPTS - 1


def test_calls_of_the_sdk_are_repeated_in_the_same_way(script: Script, waits: list[float]) -> None:
    script.answers = [(503, {}), (503, {})]
    with pytest.raises(Ambiguous):
        Told().session(script).create(lambda client: client.sdk.vector_stores.create(name="plays"))
    assert script.asked == 1
    script.answers = [(200, {}), (503, {}), (503, {}), (200, {})]
    store = Told().session(script).read(lambda client: client.sdk.vector_stores.retrieve("vs_1"))
    assert (store.id, script.asked, len(waits)) == ("vs_1", 4, 2)


def test_what_is_wrong_is_sent_once(script: Script, waits: list[float]) -> None:
    script.answers = [(400, {})]
    with pytest.raises(Rejected, match=r"^No\. \(POST /v1/vector_stores/vs_1 answered 400\)$"):
        Told().session(script).write(lambda client: client.post("/vector_stores/vs_1", {"name": "plays"}))
    assert script.asked == 1


def test_a_create_is_sent_again_after_a_rate_limit(script: Script, waits: list[float]) -> None:
    script.answers = [(429, {"retry-after": "7"}), (200, {})]
    told = Told()
    store = told.session(script).create(lambda client: client.post("/vector_stores", {"name": "plays"}))
    assert store.json()["id"] == "vs_1"
    assert script.asked == 2
    assert waits == [7]
    assert [type(event) for event in told.events] == [Call, Wait, Call]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "200"}, 200),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
    ],
)
def test_what_the_server_asks_for_is_waited(
    script: Script, waits: list[float], headers: dict[str, str], seconds: float
) -> None:
    script.answers = [(503, headers), (200, {})]
    Told().session(script).read(lambda client: client.get("/vector_stores/vs_1"))
    assert waits == [seconds]


def test_a_date_to_come_back_at_is_waited_for(script: Script, waits: list[float]) -> None:
    script.answers = [(503, {"retry-after": formatdate(time.time() + 600, usegmt=True)}), (200, {})]
    Told().session(script).read(lambda client: client.get("/vector_stores/vs_1"))
    assert 0 < waits[0] <= 600


@pytest.mark.parametrize("subject", ["requests", "tokens"])
def test_a_call_waits_while_the_headers_say_that_nothing_is_left(script: Script, subject: str) -> None:
    spent = {f"x-ratelimit-remaining-{subject}": "0", f"x-ratelimit-reset-{subject}": "300ms"}
    script.answers = [(200, spent), (200, {})]
    session = Told().session(script)
    for _ in range(3):
        session.read(lambda client: client.get("/vector_stores/vs_1"))
    # Not a measurement: a pause is a promise to the server, and this is the promise.
    assert script.times[1] - script.times[0] >= 0.29


@pytest.mark.parametrize("remaining", ["-1", "nan", "0, 0", ""])
def test_malformed_headers_delay_nothing(script: Script, remaining: str) -> None:
    script.answers = [(200, {"x-ratelimit-remaining-requests": remaining, "x-ratelimit-reset-requests": "9999h"})]
    session = Told().session(script)
    session.read(lambda client: client.get("/vector_stores/vs_1"))
    assert session.pace.delay("GET", "/v1/vector_stores/vs_1") == 0


def test_an_hour_is_not_waited(script: Script, waits: list[float]) -> None:
    script.answers = [(429, {"retry-after": "3600"})]
    with pytest.raises(Unavailable) as caught:
        Told().session(script).read(lambda client: client.get("/vector_stores/vs_1"))
    assert waits == []
    assert caught.value.hint is not None
    assert "3600" in caught.value.hint


@pytest.mark.parametrize("asked", ["1e308", "inf", "9" * 400, "1e9"])
def test_a_pause_that_nobody_waits_for_is_not_repeated(script: Script, waits: list[float], asked: str) -> None:
    script.answers = [(429, {"retry-after": asked})]
    with pytest.raises(Unavailable) as caught:
        Told().session(script).read(lambda client: client.get("/vector_stores/vs_1"))
    assert waits == []
    assert caught.value.hint == "the API asks to wait more than a day; run the command again then"


def test_a_call_tells_what_it_was(script: Script) -> None:
    told = Told()
    told.session(script).read(lambda client: client.get("/vector_stores/vs_1"))
    (call,) = told.events
    assert isinstance(call, Call)
    assert (call.method, call.path, call.status) == ("GET", "/v1/vector_stores/vs_1", 200)


def test_a_key_is_never_shown() -> None:
    assert "sk-test" not in repr(Session(Endpoint("https://api.openai.com/v1", "sk-test", "a test")))


def test_a_run_that_is_to_end_waits_no_longer(script: Script) -> None:
    script.answers = [(429, {"retry-after": "600"})]
    session = Session(Endpoint(script.base_url, "key", "test"), rest=lambda seconds: True)
    with pytest.raises(Unavailable):
        session.read(lambda client: client.get("/vector_stores/vs_1"))
    assert script.asked == 1
