"""Files are attached in the form that a server takes, and every form carries what was declared."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import NotFound, Rejected, Unauthorized
from provisioner.openai_api.collections.vector_stores import StoreMembers
from provisioner.openai_api.http.session import Session
from tests.api.liar import Asked, Liar, listing, lying, reply

BATCHES, SINGLES = "/v1/vector_stores/vs_1/file_batches", "/v1/vector_stores/vs_1/files"
NO = {"error": {"message": "No.", "code": None}}


@dataclass
class Store:
    """A store that takes some of the forms: `refused` are answered with `status`, of `dropped` nothing is taken."""

    refused: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    status: int = 400
    taken_at_most: int = 1000
    counted: bool = True
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    def answer(self, asked: Asked) -> bytes:
        if asked.method == "GET":
            return listing(*({"id": id, "object": "vector_store.file", **each} for id, each in self.members.items()))
        body = asked.json()
        form = "single" if asked.path == SINGLES else "files" if "files" in body else "file_ids"
        if form in self.refused:
            return reply(self.status, NO)
        sent = body["files"] if form == "files" else [body]
        if form == "file_ids":
            shared = {key: value for key, value in body.items() if key != "file_ids"}
            sent = [{"file_id": id, **shared} for id in body["file_ids"]]
        taken = [] if form in self.dropped else sent[: self.taken_at_most]
        for each in taken:
            self.members[each["file_id"]] = {key: value for key, value in each.items() if key != "file_id"}
        answer = {"id": "vsfb_1", "object": "vector_store.files_batch"}
        return reply(200, {**answer, "file_counts": {"total": len(taken)}} if self.counted else answer)


def forms(liar: Liar) -> list[str]:
    """The forms that were tried, in order."""
    found = []
    for asked in liar.asked:
        if asked.method == "POST":
            found.append("single" if asked.path == SINGLES else "files" if "files" in asked.json() else "file_ids")
    return found


@contextmanager
def members_of(answer: Callable[[Asked], bytes]) -> Iterator[tuple[StoreMembers, Liar]]:
    with lying(answer) as liar:
        session = Session(Endpoint(f"{liar.url}/v1", "sk-test", "a test"), rest=lambda seconds: True)
        yield StoreMembers(session), liar
        session.close()


def different(*ids: str) -> list[dict[str, Any]]:
    """Members that each have attributes of their own."""
    return [{"file_id": id, "attributes": {"path": id}} for id in ids]


def alike(*ids: str) -> list[dict[str, Any]]:
    """Members that have the same settings."""
    return [{"file_id": id, "chunking_strategy": {"type": "auto"}} for id in ids]


def test_one_call_is_enough_where_the_server_takes_it() -> None:
    store = Store()
    with members_of(store.answer) as (members, liar):
        members.attach("vs_1", different("file-1", "file-2"))
        assert forms(liar) == ["files"]
        assert len(liar.asked) == 1


def test_a_server_that_does_not_count_is_believed() -> None:
    store = Store(counted=False)
    with members_of(store.answer) as (members, liar):
        members.attach("vs_1", different("file-1", "file-2"))
        assert len(liar.asked) == 1


@pytest.mark.parametrize("status", [400, 404, 405, 422, 501])
def test_where_files_are_refused_their_ids_are_sent(status: int) -> None:
    store = Store(refused=("files",), status=status)
    with members_of(store.answer) as (members, liar):
        members.attach("vs_1", alike("file-1", "file-2"))
        assert forms(liar) == ["files", "file_ids"]
        assert store.members == {"file-1": {"chunking_strategy": {"type": "auto"}}} | {
            "file-2": {"chunking_strategy": {"type": "auto"}}
        }


def test_where_files_are_refused_attributes_are_sent_one_by_one() -> None:
    store = Store(refused=("files",))
    with members_of(store.answer) as (members, liar):
        members.attach("vs_1", different("file-1", "file-2"))
        assert forms(liar) == ["files", "single", "single"]
        assert store.members == {"file-1": {"attributes": {"path": "file-1"}}} | {
            "file-2": {"attributes": {"path": "file-2"}}
        }


@pytest.mark.parametrize("dropped", [("files",), ("files", "file_ids")])
def test_where_files_are_taken_and_dropped_the_next_form_is_sent(dropped: tuple[str, ...]) -> None:
    store = Store(dropped=dropped)
    with members_of(store.answer) as (members, _):
        members.attach("vs_1", alike("file-1", "file-2"))
        assert set(store.members) == {"file-1", "file-2"}


def test_only_what_was_not_taken_is_sent_again() -> None:
    store = Store(taken_at_most=2)
    with members_of(store.answer) as (members, liar):
        members.attach("vs_1", different("file-1", "file-2", "file-3"))
        assert forms(liar) == ["files", "file_ids"]
        assert [asked.json() for asked in liar.asked if asked.method == "POST"][1]["file_ids"] == ["file-3"]
        assert store.members == {id: {"attributes": {"path": id}} for id in ("file-1", "file-2", "file-3")}


def test_the_form_is_remembered() -> None:
    store = Store(refused=("files", "file_ids"))
    with members_of(store.answer) as (members, liar):
        members.attach("vs_1", alike("file-1"))
        members.attach("vs_1", alike("file-2", "file-3"))
        assert forms(liar) == ["files", "file_ids", "single", "single", "single"]


def test_what_no_form_takes_is_the_first_error_and_nothing_is_remembered() -> None:
    store = Store(refused=("files", "file_ids", "single"))
    with members_of(store.answer) as (members, liar):
        for _ in range(2):
            with pytest.raises(Rejected, match="file_batches"):
                members.attach("vs_1", different("file-1", "file-2"))
        assert forms(liar) == ["files", "single"] * 2


@pytest.mark.parametrize(("status", "error"), [(403, Unauthorized), (409, Rejected)])
def test_other_errors_are_no_question_of_form(status: int, error: type[Exception]) -> None:
    store = Store(refused=("files",), status=status)
    with members_of(store.answer) as (members, liar):
        with pytest.raises(error):
            members.attach("vs_1", different("file-1"))
        assert forms(liar) == ["files"]


def test_a_store_that_is_not_there_is_not_found() -> None:
    with members_of(lambda asked: reply(404, NO)) as (members, _), pytest.raises(NotFound):
        members.attach("vs_1", different("file-1"))
