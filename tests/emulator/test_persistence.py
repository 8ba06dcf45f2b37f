"""What was acknowledged is there again, whatever ended the process; and stores and files expire."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from provisioner.emulator.options import Options
from provisioner.emulator.process import EmulatorProcess, start
from tests.emulator.wire import KEY, Wire

pytestmark = pytest.mark.thorough


@contextmanager
def emulator(data: Path, **options: Any) -> Iterator[tuple[EmulatorProcess, OpenAI]]:
    with (
        start(Options(data=data, **options)) as process,
        OpenAI(base_url=process.base_url, api_key=KEY, max_retries=0) as client,
    ):
        yield process, client


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    data = tmp_path / "new" / "account.sqlite"
    with emulator(data) as (_, client):
        file = client.files.create(file=("a.txt", "햄릿 왕자".encode()), purpose="user_data")
        store = client.vector_stores.create(name="a", file_ids=[file.id])
        agent = client.beta.agents.create(model="gpt-6-luna")
    with emulator(data) as (_, client):
        assert client.files.content(file.id).content == "햄릿 왕자".encode()
        assert client.vector_stores.retrieve(store.id) == store
        assert client.beta.agents.retrieve(agent.id) == agent
        assert client.vector_stores.search(store.id, query="왕자").data[0].file_id == file.id
        second = client.files.create(file=("b.txt", b"b"), purpose="user_data")
        assert [each.id for each in client.files.list()] == [second.id, file.id]


def test_every_acknowledged_upload_survives_a_kill(tmp_path: Path) -> None:
    data = tmp_path / "account.sqlite"
    acknowledged: list[str] = []
    with emulator(data) as (process, client):
        wire = Wire(process.base_url)

        def upload(number: int) -> None:
            if number == 150:
                os.kill(process.pid, signal.SIGKILL)
            answer = wire.upload(f"{number}.txt")
            acknowledged.append(answer.body["id"])

        with ThreadPoolExecutor(8) as pool:
            outcomes = [pool.submit(upload, number) for number in range(300)]
    assert any(outcome.exception() for outcome in outcomes)
    with emulator(data) as (_, client):
        kept = {file.id for file in client.files.list()}
    assert len(acknowledged) > 50
    assert set(acknowledged) <= kept
    with sqlite3.connect(data) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def set_back(data: Path, table: str, column: str, seconds: int) -> None:
    connection = sqlite3.connect(data)
    connection.execute(f"UPDATE {table} SET {column} = {column} - {seconds}")
    connection.commit()
    connection.close()


def test_an_expired_store_keeps_its_id_and_loses_its_files(tmp_path: Path) -> None:
    data = tmp_path / "account.sqlite"
    with emulator(data) as (_, client):
        file = client.files.create(file=("a.txt", b"a"), purpose="assistants")
        store = client.vector_stores.create(file_ids=[file.id], expires_after={"anchor": "last_active_at", "days": 1})
    set_back(data, "stores", "last_active_at", 86400)
    with emulator(data) as (process, client):
        expired = client.vector_stores.retrieve(store.id)
        assert (expired.status, expired.file_counts.total, expired.usage_bytes) == ("expired", 0, 0)
        assert client.files.retrieve(file.id).id == file.id
        attached = Wire(process.base_url).ask("POST", f"/vector_stores/{store.id}/files", {"file_id": file.id})
        assert (attached.status, attached.body["error"]["code"]) == (400, "vector_store_expired")


def test_an_expired_file_is_gone(tmp_path: Path) -> None:
    data = tmp_path / "account.sqlite"
    with emulator(data) as (_, client):
        brief = client.files.create(
            file=("a.txt", b"a"), purpose="assistants", expires_after={"anchor": "created_at", "seconds": 3600}
        )
        lasting = client.files.create(file=("b.txt", b"b"), purpose="assistants")
        store = client.vector_stores.create(file_ids=[brief.id, lasting.id])
    set_back(data, "files", "expires_at", 3600)
    with emulator(data) as (_, client):
        assert [file.id for file in client.files.list()] == [lasting.id]
        assert client.vector_stores.retrieve(store.id).file_counts.total == 1


def test_indexing_goes_on_where_it_stopped(tmp_path: Path) -> None:
    data = tmp_path / "account.sqlite"
    with emulator(data, indexing_ms=60_000) as (_, client):
        file = client.files.create(file=("a.txt", b"a"), purpose="assistants")
        store = client.vector_stores.create(file_ids=[file.id])
        assert client.vector_stores.retrieve(store.id).file_counts.in_progress == 1
    set_back(data, "members", "ready_at", 60)
    with emulator(data, indexing_ms=60_000) as (_, client):
        assert client.vector_stores.retrieve(store.id).file_counts.completed == 1
