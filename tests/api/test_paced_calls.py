"""Sessions adapt their calls to a server over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from provisioner.core.defaults import PARALLELISM
from provisioner.core.endpoint import Endpoint
from provisioner.openai_api.http.call_kinds import CallKind
from provisioner.openai_api.http.pace import Pace
from provisioner.openai_api.http.session import Call, Session, Wait
from tests.emulator.running import emulator


@contextmanager
def session(base_url: str) -> Iterator[tuple[Session, list[Call | Wait]]]:
    events: list[Call | Wait] = []
    pace = Pace(PARALLELISM)
    with closing(Session(Endpoint(base_url, "sk-test", "a test"), events.append, pace)) as opened:
        yield opened, events


def statuses(events: list[Call | Wait], path: str) -> list[int]:
    return [event.status for event in events if isinstance(event, Call) and event.path.endswith(path)]


def upload(opened: Session, name: str) -> Any:
    return opened.create(lambda client: client.sdk.files.create(file=(name, name.encode()), purpose="assistants"))


def test_a_refused_upload_slows_uploads_down_and_not_reads() -> None:
    fault = "POST /files 429 retry-after=0.1 nth=3"
    with emulator(fail=(fault,)) as (client, _), session(str(client.base_url)) as (opened, events):
        with ThreadPoolExecutor(PARALLELISM) as workers:
            files = list(workers.map(lambda number: upload(opened, f"{number}.txt"), range(24)))
            list(workers.map(lambda file: opened.read(lambda client: client.sdk.files.retrieve(file.id)), files))
        assert len({file.id for file in files}) == 24
        assert sorted(statuses(events, "/files")) == [200] * 24 + [429]
        assert opened.pace.width(CallKind.UPLOAD) < PARALLELISM
        assert opened.pace.width(CallKind.READ) == PARALLELISM
        assert [event.seconds for event in events if isinstance(event, Wait)] == [0.1]


def test_attached_files_above_the_limit_are_sent_again_after_the_stated_time(tmp_path: Path) -> None:
    """At this scale, a minute lasts one second, and 2,000 files can be attached in it."""
    with emulator(rate_limits=60.0) as (client, _), session(str(client.base_url)) as (opened, events):
        file = upload(opened, "a.txt")
        stores = [opened.create(lambda client: client.sdk.vector_stores.create()).id for _ in range(2)]
        attached = [file.id] * 500

        def attach(store: str) -> Any:
            return opened.create(lambda client: client.sdk.vector_stores.file_batches.create(store, file_ids=attached))

        for _ in range(3):
            for store in stores:
                attach(store)
        found = statuses(events, "/file_batches")
        assert found.count(200) == 6
        assert set(found) <= {200, 429}
        assert all(event.seconds <= 1 for event in events if isinstance(event, Wait))


@pytest.mark.timeout(60)
def test_every_request_of_a_session_takes_a_turn_and_gives_it_back() -> None:
    """With one place only, a turn that is not given back would stop the next call."""
    with emulator(fail=("GET /models drop-before times=1",)) as (client, _):
        endpoint = Endpoint(str(client.base_url), "sk-test", "a test")
        with closing(Session(endpoint, pace=Pace(1), rest=lambda seconds: False)) as opened:
            assert opened.read(lambda client: client.sdk.models.list()).data
            assert upload(opened, "a.txt").id
            assert opened.read(lambda client: [client.sdk.files.list(), client.sdk.models.list()])
            assert opened.pace._in_flight == 0
