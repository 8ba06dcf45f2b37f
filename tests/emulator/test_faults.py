"""Faults on demand, at their wire and in their grammar."""

from __future__ import annotations

import http.client
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openai import APIConnectionError, OpenAI, RateLimitError

from provisioner.core.errors import UsageError
from provisioner.emulator.faults import GRAMMAR, Faults, parse
from provisioner.emulator.options import Options
from provisioner.emulator.process import start
from tests.emulator.wire import KEY, Wire


@contextmanager
def emulator(*fail: str, **options: Any) -> Iterator[tuple[Wire, OpenAI]]:
    with (
        start(Options(fail=fail, **options)) as process,
        OpenAI(base_url=process.base_url, api_key=KEY, max_retries=0, timeout=10) as client,
    ):
        yield Wire(process.base_url), client


def test_statuses_and_their_settings(tmp_path: Path) -> None:
    log = tmp_path / "log"
    faults = (
        "POST /vector_stores 500 times=1",
        "GET /vector_stores/* 429 retry-after=2 code=insufficient_quota message='no credit left'",
        "* /assistants* 404",
        "GET /models 503 nth=2",
    )
    with emulator(*faults, log=log) as (wire, _):
        failed = wire.ask("POST", "/vector_stores", {})
        assert (failed.status, failed.body["error"]["type"]) == (500, "server_error")
        store = wire.ask("POST", "/vector_stores", {}).body["id"]
        refused = wire.ask("GET", f"/vector_stores/{store}")
        assert (refused.status, refused.headers["retry-after"]) == (429, "2")
        assert refused.body["error"] == {
            "message": "no credit left",
            "type": "insufficient_quota",
            "param": None,
            "code": "insufficient_quota",
        }
        gone, never = wire.ask("GET", "/assistants/a"), wire.ask("GET", "/nothing/a")
        assert (gone.status, gone.body) == (
            404,
            {**never.body, "error": {**never.body["error"], "message": "Invalid URL (GET /v1/assistants/a)"}},
        )
        assert [wire.ask("GET", "/models").status for _ in range(3)] == [200, 503, 200]
        assert [item["id"] for item in wire.ask("GET", "/vector_stores").body["data"]] == [store]
    assert log.read_text().splitlines()[:2] == ["POST /v1/vector_stores 500", "POST /v1/vector_stores 200"]


def test_lost_connections(tmp_path: Path) -> None:
    log = tmp_path / "log"
    faults = ("POST /files drop-before nth=1", "POST /files drop-after nth=1", "GET /models half", "DELETE * hang")
    with emulator(*faults, log=log) as (wire, client):
        for kept in (0, 1):
            with pytest.raises(APIConnectionError):
                client.files.create(file=("a.txt", b"a"), purpose="assistants")
            assert len(client.files.list().data) == kept
        with pytest.raises(http.client.IncompleteRead):
            wire.ask("GET", "/models")
        with pytest.raises(APIConnectionError):
            client.with_options(timeout=0.05).files.delete("file-a")
        assert wire.ask("GET", "/files").status == 200
    assert "POST /v1/files 000" in log.read_text().splitlines()


def test_indexing() -> None:
    faults = ("indexing *.pdf invalid_file times=1", "indexing stuck* stuck", "indexing b.txt server_error")
    with emulator(*faults) as (_, client):
        store = client.vector_stores.create()
        codes = {}
        for name in ("a.pdf", "stuck.txt", "b.txt", "c.txt"):
            file = client.files.create(file=(name, b"text"), purpose="assistants")
            member = client.vector_stores.files.create(store.id, file_id=file.id)
            codes[name] = (member.status, member.last_error.code if member.last_error else None)
        assert codes == {
            "a.pdf": ("failed", "invalid_file"),
            "stuck.txt": ("in_progress", None),
            "b.txt": ("failed", "server_error"),
            "c.txt": ("completed", None),
        }
        assert client.vector_stores.retrieve(store.id).status == "in_progress"


def test_rate_limit_and_latency() -> None:
    with emulator(rate_limit=2, latency_ms=30) as (_, client):
        before = time.monotonic()
        client.models.list()
        assert time.monotonic() - before >= 0.03
        client.models.list()
        with pytest.raises(RateLimitError) as caught:
            client.models.list()
        assert caught.value.code == "rate_limit_exceeded"
        assert 1 <= int(caught.value.response.headers["retry-after"]) <= 60


def test_rates_are_the_same_for_the_same_seed() -> None:
    def struck(seed: int) -> list[bool]:
        faults = Faults([f"GET /files 500 rate=0.3 seed={seed}"])
        return [faults.of_request("GET", "/files") is not None for _ in range(200)]

    assert struck(7) == struck(7) != struck(8)
    assert 30 < sum(struck(7)) < 90


def test_after_and_times() -> None:
    faults = Faults(["GET /files* 500 after=1 times=2"])
    assert [faults.of_request("GET", "/files/a") is not None for _ in range(5)] == [False, True, True, False, False]
    assert faults.of_request("POST", "/files") is None
    assert faults.of_indexing("a.pdf") is None


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "GET /files",
        "FETCH /files 500",
        "GET files 500",
        "GET /files 200",
        "GET /files 5000",
        "GET /files explode",
        "GET /files 500 nth=x",
        "GET /files 500 rate=2",
        "GET /files 500 times=-1",
        "GET /files 500 often",
        "GET /files 500 colour=red",
        "GET /files 500 'open",
        "indexing *.pdf 500",
    ],
)
def test_a_misspelt_fault_shows_the_grammar(spec: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(spec)
    assert caught.value.hint == GRAMMAR


def test_the_grammar_s_examples_are_read() -> None:
    examples = [line.split('"')[1] for line in GRAMMAR.splitlines() if "--fail" in line]
    assert len([parse(example) for example in examples]) == 7
