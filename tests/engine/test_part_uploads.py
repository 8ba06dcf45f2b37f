"""Uploads in parts: what is sent, what a later run goes on with, and what it cancels. The limits are lowered to bytes.

A run that is to be killed is a fork of this process, which ends at one of its calls.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import Ambiguous, ApiError, ProvisionError
from provisioner.core.objecttype import FILE
from provisioner.core.resource import Resource
from provisioner.engine.engine import Engine
from provisioner.engine.snapshot import Identity
from provisioner.openai_api.collections import open_collections
from provisioner.openai_api.collections.collection import Draft, Mark
from provisioner.openai_api.collections.files import FileCollection
from provisioner.openai_api.collections.part_uploads import LargeFile, PartUploader, UploadLimits
from provisioner.openai_api.collections.planned_content import PlannedPart
from provisioner.openai_api.http.pace import Pace
from provisioner.openai_api.http.session import Call, Session, Wait
from provisioner.planning.plan import Outcome
from provisioner.state.backends import LocalBackend
from provisioner.state.partial_uploads import PartStored, UploadCompleting, UploadOpened
from provisioner.state.records import digest
from provisioner.state.upload_log import UploadLog
from tests.conftest import Emulators, RunningEmulator

CONTENT = b"0123456789abcdefghijKLM"  # Six parts, and the last one is shorter.
LIMITS = UploadLimits(single=8, part=4)
ADDRESS = Address("file", "big")
KILLED = 77


class KillingPace(Pace):
    """Ends this process at the call with the number `at`: before it is sent, or after its answer has arrived."""

    def __init__(self, at: int, *, answered: bool) -> None:
        super().__init__(1)
        self.at, self.answered, self.calls = at, answered, 0

    @contextmanager
    def call(self) -> Iterator[None]:
        self.calls += 1
        mine = self.calls == self.at
        if mine and not self.answered:
            os._exit(KILLED)
        with super().call():
            yield
        if mine:
            os._exit(KILLED)


@dataclass
class Account:
    """An emulator with a data file, and a project of one file in `folder`. `memory` is the peak of the last killed
    run, in KB.
    """

    emulator: RunningEmulator
    data: Path
    folder: Path
    limits: UploadLimits = LIMITS
    inputs: Mapping[str, Any] | None = None
    memory: int = 0

    @property
    def path(self) -> Path:
        return self.folder / "big.jsonl"

    def session(self, pace: Pace | None = None) -> Session:
        endpoint = Endpoint(self.emulator.base_url, "sk-test", "a test")
        return Session(endpoint, pace=pace or Pace(4), rest=lambda seconds: False)

    def resources(self, content: bytes | None) -> list[Resource]:
        inputs = self.inputs if content is None else inputs_of(content)
        return [] if inputs is None else [Resource(ADDRESS, FILE.name, inputs, file=str(self.path))]

    def apply(
        self, content: bytes | None = CONTENT, pace: Pace | None = None, *, stop_after: str | None = None
    ) -> Outcome:
        """Applies a project with the file of this content, or without any file. Ctrl-C arrives with the answer to the
        first call whose path ends with `stop_after`.
        """
        stop = Event()

        def observe(event: Call | Wait) -> None:
            if stop_after and isinstance(event, Call) and event.path.endswith(stop_after):
                stop.set()

        if content is not None:
            self.path.write_bytes(content)
        with closing(replace(self.session(pace), observe=observe)) as session:
            collections = {**open_collections(session), FILE.name: FileCollection(session, self.limits)}
            backend = LocalBackend(self.folder / "state", "prod")
            engine = Engine(collections, backend, Identity("shop", "prod", "here"), parallelism=2, grace=0, stop=stop)
            with engine.locked("apply"):
                planned = engine.plan(self.resources(content), under_lock=True)
                assert planned.plan.blockers() == [], planned.plan.diagnostics
                return engine.apply(planned)

    def killed(self, at: int, *, answered: bool, content: bytes | None = CONTENT) -> bool:
        """Applies in a fork that is killed at one of its calls. Returns whether it had so many calls."""
        child = os.fork()
        if child == 0:
            try:
                self.apply(content, KillingPace(at, answered=answered))
            except BaseException:
                os._exit(1)
            os._exit(0)
        _, status, usage = os.wait4(child, 0)
        self.memory = usage.ru_maxrss
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, KILLED)
        return code == KILLED

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.data)) as connection:
            return connection.execute(sql).fetchall()

    def uploads(self) -> list[str]:
        """The statuses of all uploads, in their order."""
        return [status for (status,) in self.rows("SELECT status FROM uploads ORDER BY rowid")]

    def files(self) -> list[bytes]:
        return [data for (data,) in self.rows("SELECT data FROM files JOIN contents ON file_id = id ORDER BY seq")]

    def journal(self) -> list[dict[str, Any]]:
        (path,) = (self.folder / "state").glob("*.journal")
        return [json.loads(line) for line in path.read_text().splitlines()]

    def has_journal(self) -> bool:
        return bool(list((self.folder / "state").glob("*.journal")))


def inputs_of(content: bytes) -> dict[str, Any]:
    return {
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "filename": "big.jsonl",
        "purpose": "user_data",
    }


NewAccount = Callable[..., Account]


@pytest.fixture
def account(tmp_path: Path, emulator: Emulators) -> NewAccount:
    def start(**options: Any) -> Account:
        folder = tmp_path / f"account-{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        return Account(emulator(data=folder / "data.sqlite", **options), folder / "data.sqlite", folder)

    return start


def uploader(account: Account, log: UploadLog, **options: Any) -> PartUploader:
    return PartUploader(account.session(), log, LIMITS.part, **options)


@contextmanager
def opened(account: Account, content: bytes = CONTENT) -> Iterator[LargeFile]:
    account.path.write_bytes(content)
    handle = os.open(account.path, os.O_RDONLY)
    try:
        yield LargeFile(handle, inputs_of(content))
    finally:
        os.close(handle)


def interrupted(account: Account, parts: int, content: bytes = CONTENT) -> UploadLog:
    """The log of a run that ended after so many parts."""
    log = UploadLog()
    with opened(account, content) as file, pytest.raises(ProvisionError, match="was interrupted"):
        uploader(account, log, stopped=lambda: len(stored(log)) >= parts, parallel=1).upload(file)
    return log


def stored(log: UploadLog) -> list[int]:
    return [number for upload in log.unfinished() for number in upload.parts]


def test_a_large_file_is_uploaded_in_parts(account: NewAccount) -> None:
    here = account()
    outcome = here.apply()
    assert not outcome.failed
    assert here.files() == [CONTENT]
    assert here.uploads() == ["completed"]
    log = here.emulator
    assert [log.count("POST", path) for path in ("/v1/uploads", "/v1/uploads/*/parts", "/v1/uploads/*/complete")] == [
        1,
        6,
        1,
    ]
    assert log.count("POST", "/v1/files") == 0
    assert not here.has_journal()
    assert here.rows("SELECT count(*) FROM upload_parts") == [(0,)]
    before = len(log.requests())
    assert not here.apply().failed
    assert all(request.method == "GET" for request in log.requests()[before:])


@pytest.mark.parametrize("size", [LIMITS.single, LIMITS.single + 1, 3 * LIMITS.part])
def test_only_what_one_request_cannot_upload_goes_in_parts(account: NewAccount, size: int) -> None:
    here = account()
    here.apply(CONTENT[:size])
    assert here.files() == [CONTENT[:size]]
    assert here.emulator.count("POST", "/v1/uploads/*/parts") == (0 if size <= LIMITS.single else 3)


def test_a_later_run_sends_only_the_missing_parts(account: NewAccount) -> None:
    here = account()
    log = interrupted(here, parts=2)
    assert stored(log) == [0, 1]
    with opened(here) as file:
        made = uploader(here, log).upload(file)
    assert made["bytes"] == len(CONTENT)
    assert here.files() == [CONTENT]
    assert here.emulator.count("POST", "/v1/uploads/*/parts") == 6
    assert here.emulator.count("POST", "/v1/uploads") == 1
    assert log.unfinished() == []


def test_an_upload_that_has_expired_is_cancelled_and_begun_again(account: NewAccount) -> None:
    here = account()
    log = interrupted(here, parts=2)
    (upload,) = log.unfinished()
    with opened(here) as file:
        uploader(here, log, clock=lambda: upload.opened.expires_at).upload(file)
    assert here.uploads() == ["cancelled", "completed"]
    assert here.files() == [CONTENT]


def test_an_upload_that_the_api_has_given_up_is_begun_again(account: NewAccount) -> None:
    here = account()
    log = interrupted(here, parts=2)
    here.emulator.client().uploads.cancel(log.unfinished()[0].id)
    with opened(here) as file:
        uploader(here, log).upload(file)
    assert here.uploads() == ["cancelled", "completed"]
    assert log.unfinished() == []


def test_an_upload_that_does_not_end_in_time_is_cancelled(account: NewAccount) -> None:
    here, log = account(), UploadLog()
    times = iter([0.0, *[0.0] * 3, *[4000.0] * 20])
    with opened(here) as file, pytest.raises(ProvisionError, match="did not end before it expired"):
        uploader(here, log, clock=lambda: next(times)).upload(file)
    assert here.uploads() == ["cancelled"]
    assert log.unfinished() == []


@pytest.mark.parametrize("size", [len(CONTENT), len(CONTENT) + 1, len(CONTENT) - 1])
def test_a_file_that_changed_is_not_uploaded_and_its_upload_is_cancelled(account: NewAccount, size: int) -> None:
    here = account()
    log = interrupted(here, parts=2)
    sent = here.emulator.count("POST", "/v1/uploads/*/parts")
    with opened(here) as file:
        here.path.write_bytes(b"x" * size)
        with pytest.raises(ProvisionError, match="has changed since it was planned"):
            uploader(here, log).upload(file)
    assert here.uploads() == ["cancelled"]
    assert here.emulator.count("POST", "/v1/uploads/*/parts") == sent
    assert here.files() == []
    assert log.unfinished() == []


def test_a_part_that_changed_after_it_was_hashed_does_not_arrive(account: NewAccount) -> None:
    here, log = account(), UploadLog()

    def change(event: Call | Wait) -> None:
        if isinstance(event, Call) and event.path.endswith("/uploads"):
            here.path.write_bytes(CONTENT.replace(b"9", b"!"))

    with opened(here) as file, pytest.raises(ProvisionError, match="has changed since it was planned"):
        PartUploader(replace(here.session(), observe=change), log, LIMITS.part).upload(file)
    assert here.uploads() == ["cancelled"]
    assert here.files() == []


@pytest.mark.parametrize("content", [b"", b"a", b"short", b"a" * 300_000])
def test_a_request_whose_content_changed_makes_no_file(account: NewAccount, content: bytes) -> None:
    here = account()
    here.path.write_bytes(content + b"!")
    draft = Draft(inputs_of(content + b"?"), Mark("a", None, "op_1"), here.path)
    with closing(here.session()) as session:
        files = FileCollection(session)
        with pytest.raises(ProvisionError, match=r"big\.jsonl has changed since it was planned"):
            files.create(draft)
        handle = os.open(here.path, os.O_RDONLY)
        with pytest.raises(ProvisionError, match=r"big\.jsonl has changed since it was planned"):
            files._send(draft, lambda: PlannedPart(handle, 0, len(content) + 1, draft.body["sha256"], "big.jsonl"))
        os.close(handle)
    assert here.files() == []


def test_a_streamed_file_arrives_whole_also_in_a_second_attempt(account: NewAccount) -> None:
    here, content = account(fail=("POST /files 429 times=1 retry-after=0",)), bytes(range(256)) * 2000
    here.path.write_bytes(content)
    with closing(here.session()) as session:
        FileCollection(session).create(Draft(inputs_of(content), Mark("a", None, "op_1"), here.path))
    assert here.files() == [content]
    assert here.emulator.count("POST", "/v1/files") == 2


def test_a_part_that_is_refused_ends_the_upload(account: NewAccount) -> None:
    here = account(fail=("POST /uploads/*/parts 400",))
    outcome = here.apply()
    assert list(outcome.failed) == [str(ADDRESS)]
    assert here.uploads() == ["cancelled"]
    assert not here.has_journal()


def test_a_part_whose_answer_is_lost_is_sent_again(account: NewAccount) -> None:
    here = account(fail=("POST /uploads/*/parts drop-after times=2",))
    assert not here.apply().failed
    assert here.files() == [CONTENT]
    assert here.emulator.count("POST", "/v1/uploads/*/parts") == 8


def test_a_file_whose_completion_was_not_answered_is_found(account: NewAccount) -> None:
    here = account(fail=("POST /uploads/*/complete drop-after times=1",))
    assert not here.apply().failed
    assert here.files() == [CONTENT]
    assert here.uploads() == ["completed"]


def test_a_completion_that_did_not_arrive_is_sent_again(account: NewAccount) -> None:
    here, log = account(fail=("POST /uploads/*/complete drop-before times=1",)), UploadLog()
    with opened(here) as file, pytest.raises(Ambiguous):
        uploader(here, log).upload(file)
    with opened(here) as file:
        uploader(here, log).upload(file)
    assert here.files() == [CONTENT]
    assert here.uploads() == ["completed"]


def test_a_refusal_after_an_unanswered_completion_decides_nothing(account: NewAccount) -> None:
    """The first request has made the file, so a new upload would make a second one."""
    here, log = account(fail=("POST /uploads/*/complete drop-after times=1",)), UploadLog()
    for _ in range(2):
        with opened(here) as file, pytest.raises(Ambiguous):
            uploader(here, log).upload(file)
    assert here.files() == [CONTENT]
    assert here.uploads() == ["completed"]


def test_a_server_without_the_uploads_api(account: NewAccount) -> None:
    here, log = account(fail=("POST /uploads 404",)), UploadLog()
    with opened(here) as file, pytest.raises(ApiError, match="takes no uploads in parts") as caught:
        uploader(here, log).upload(file)
    assert "split the file" in (caught.value.hint or "")


def leave_unfinished(account: Account) -> None:
    """A run that is killed after two parts have been stored."""
    assert account.killed(5, answered=True) is True
    assert account.uploads() == ["pending"]


@pytest.mark.parametrize("content", [None, CONTENT[::-1]], ids=["gone", "changed"])
def test_an_upload_that_nobody_needs_any_more_is_cancelled(account: NewAccount, content: bytes | None) -> None:
    here = account()
    leave_unfinished(here)
    assert not here.apply(content).failed
    assert here.uploads() == ["cancelled", *(["completed"] if content else [])]
    assert here.files() == ([content] if content else [])
    assert not here.has_journal()


def test_an_upload_that_cannot_be_cancelled_stays_in_the_journal(account: NewAccount) -> None:
    here = account(fail=("POST /uploads/*/cancel 401 times=1",))
    leave_unfinished(here)
    here.apply(None)
    assert [entry["entry"] for entry in here.journal()][:2] == ["open", "upload_opened"]
    here.apply(None)
    assert here.uploads() == ["cancelled"]
    assert not here.has_journal()


def test_a_killed_run_is_gone_on_with(account: NewAccount) -> None:
    here = account()
    leave_unfinished(here)
    parts = [each for each in here.journal() if each["entry"] == "part_stored"]
    assert len(parts) >= 1
    sent = here.emulator.count("POST", "/v1/uploads/*/parts")
    assert not here.apply().failed
    assert here.uploads() == ["completed"]
    assert here.files() == [CONTENT]
    again = here.emulator.count("POST", "/v1/uploads/*/parts") - sent
    assert again == 6 - len(parts)


def test_a_run_that_is_stopped_leaves_its_upload_to_the_next_run(account: NewAccount) -> None:
    here = account()
    outcome = here.apply(pace=Pace(1), stop_after="/parts")
    assert outcome.interrupted
    assert "was interrupted" in outcome.failed[str(ADDRESS)].message
    kinds = [entry["entry"] for entry in here.journal()]
    assert kinds[:3] == ["open", "upload_opened", "part_stored"]
    sent = here.emulator.count("POST", "/v1/uploads/*/parts")
    assert sent < 6
    assert not here.apply().failed
    assert here.uploads() == ["completed"]
    assert here.emulator.count("POST", "/v1/uploads/*/parts") == 6
    assert not here.has_journal()


def calls_of(account: Account) -> int:
    """The number of calls of a first apply."""
    pace = KillingPace(0, answered=False)
    account.apply(pace=pace)
    return pace.calls


@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
def test_killed_at_every_call_a_run_converges(account: NewAccount, answered: bool, sample: Sequence[int]) -> None:
    for at in sample:
        here = account()
        assert here.killed(at, answered=answered)
        assert not here.apply().failed
        assert here.files() == [CONTENT]
        *earlier, last = here.uploads()
        # A kill before the journal has the id of the upload leaves it open. It has no parts, and expires.
        assert last == "completed"
        assert earlier in ([], ["pending"])
        assert here.rows("SELECT count(*) FROM upload_parts") == [(0,)]
        assert not here.has_journal()
        before = len(here.emulator.requests())
        here.apply()
        assert all(request.method == "GET" for request in here.emulator.requests()[before:])


@pytest.fixture(params=[[2, 3, 4], pytest.param([5, 6, 7], marks=pytest.mark.thorough), [8, 9]], ids=str)
def sample(request: pytest.FixtureRequest) -> Sequence[int]:
    return list(request.param)


def test_the_sample_contains_every_call_that_writes(account: NewAccount) -> None:
    here = account()
    total = calls_of(here)
    writes = [number for number, each in enumerate(here.emulator.requests(), 1) if each.method == "POST"]
    assert (writes, total) == (list(range(2, 10)), 9)


def test_the_progress_is_found_by_its_content() -> None:
    log = UploadLog()
    for name, content in (("upload_1", b"a" * 9), ("upload_2", b"b" * 9)):
        log.add(UploadOpened(name, digest(inputs_of(content)), "big.jsonl", 9, 4, 10.0))
    log.add(PartStored("upload_1", 2, "part_1"))
    log.add(UploadCompleting("upload_2"))
    found = log.find(digest(inputs_of(b"a" * 9)))
    assert found is not None
    assert (found.id, found.parts, found.count, found.completing) == ("upload_1", {2: "part_1"}, 3, False)
    assert log.find(digest(inputs_of(b"c" * 9))) is None
    assert UploadLog(None, log.unfinished()).unfinished() == log.unfinished()


@pytest.mark.thorough
@pytest.mark.timeout(1800)
def test_two_gigabytes_go_in_parts_of_64_megabytes_and_through_little_memory(account: NewAccount) -> None:
    """The file is sparse, so that nearly nothing is written for it here. The first run is killed in the middle, and the
    second sends the rest. No upload stays open.
    """
    here = account()
    here.limits = UploadLimits()
    size = 2 * 1024**3 + 1
    with here.path.open("wb") as stream:
        stream.truncate(size)
        stream.seek(size // 2)
        stream.write(b"middle")
    with here.path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    here.inputs = {"sha256": sha256, "bytes": size, "filename": "big.jsonl", "purpose": "user_data"}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert here.killed(16, answered=True, content=None)
    assert here.memory - before < 64 * 1024, f"{here.memory - before} KB more than before"
    assert here.uploads() == ["pending"]
    assert not here.apply(None).failed
    assert here.uploads() == ["completed"]
    assert 33 <= here.emulator.count("POST", "/v1/uploads/*/parts") <= 33 + 8
    assert here.rows("SELECT bytes FROM files") == [(size,)]
    assert not here.has_journal()
