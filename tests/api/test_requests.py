"""The requests of the API client: their headers, cookies and forms."""

from __future__ import annotations

import mimetypes
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx2
import pytest

from provisioner.core.endpoint import Endpoint
from provisioner.openai_api.http.apiclient import ApiClient

ENDPOINT = Endpoint("https://api.example.com/v1", "sk-test", "a test", project="proj_1")


class Recorder(httpx2.BaseTransport):
    """Answers every request with a cookie, and keeps the requests and the pieces of their bodies."""

    def __init__(self) -> None:
        self.requests: list[httpx2.Request] = []
        self.pieces: list[list[bytes]] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        assert isinstance(request.stream, httpx2.SyncByteStream)
        self.requests.append(request)
        self.pieces.append(list(request.stream))
        return httpx2.Response(200, headers={"set-cookie": "server=a"}, json={})


@contextmanager
def client(headers: dict[str, str] | None = None) -> Iterator[tuple[ApiClient, Recorder]]:
    recorder = Recorder()
    opened = ApiClient(httpx2.Client(transport=recorder, headers={"x-client": "1"}), ENDPOINT, headers or {}, 60)
    yield opened, recorder
    opened.close()


def test_a_form_in_memory_is_one_piece() -> None:
    with client() as (api, recorder):
        body = {"purpose": "assistants", "expires_after": {"anchor": "created_at", "seconds": 3600}}
        api.upload("/files", body, {"file": ('a "b".md', b"text")})
    [piece] = recorder.pieces[0]
    request = recorder.requests[0]
    assert request.headers["content-length"] == str(len(piece))
    boundary = request.headers["content-type"].partition("boundary=")[2]
    assert piece.count(f"--{boundary}".encode()) == 5  # before each of the four parts, and at the end
    assert b'name="expires_after[seconds]"\r\n\r\n3600\r\n' in piece
    assert b'filename="a %22b%22.md"' in piece
    assert b"\r\n\r\ntext\r\n" in piece


def test_each_request_has_the_headers_of_its_path_and_its_body() -> None:
    with client({"X-Own": "2", "User-Agent": "mine"}) as (api, recorder):
        for _ in range(2):
            api.get("/files", {"limit": 100})
            api.post("/vector_stores", {"name": "ü"})
            api.delete("/agents/a")
    for requests in (recorder.requests[:3], recorder.requests[3:]):
        listed, created, deleted = requests
        assert str(listed.url) == "https://api.example.com/v1/files?limit=100"
        assert [each.headers.get("openai-beta") for each in requests] == [None, "assistants=v2", "agents=v1"]
        assert [each.headers.get("content-type") for each in requests] == [None, "application/json", None]
        assert (created.content, created.headers["content-length"]) == ('{"name":"ü"}'.encode(), "13")
        assert deleted.method == "DELETE"
        for each in requests:
            assert each.headers["authorization"] == "Bearer sk-test"
            assert each.headers["openai-project"] == "proj_1"
            assert (each.headers["x-client"], each.headers["x-own"]) == ("1", "2")
            assert each.headers["user-agent"] == "mine"
            assert each.extensions["timeout"]


def test_cookies_are_sent_back_with_later_requests() -> None:
    with client() as (api, recorder):
        api.get("/files")
        api.get("/files")
    assert [each.headers.get("cookie") for each in recorder.requests] == [None, "server=a"]


def test_threads_that_upload_at_once_load_the_tables_of_media_types_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads: list[None] = []
    init = mimetypes.init

    def load() -> None:
        loads.append(None)
        time.sleep(0.01)  # Other threads run meanwhile.
        init()

    monkeypatch.setattr(mimetypes, "inited", False)
    monkeypatch.setattr(mimetypes, "init", load)
    files = {"file": ("play.md", b"To be, or not to be")}
    with client() as (api, recorder), ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: api.upload("/files", {"purpose": "assistants"}, files), range(8)))
    assert len(loads) == 1
    assert all(b"Content-Type: text/markdown" in b"".join(pieces) for pieces in recorder.pieces)
