"""A refresh compares the objects with their records while it reads them, as the planner would."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.engine.quick_refresh import read_parts
from provisioner.engine.refresh import Refresh, is_never_known, refresh
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual
from provisioner.planning.shown_objects import is_shown_as_recorded
from provisioner.state.record_columns import LazyRecords, text_of
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Record, State
from tests.engine.test_begun_plan import wait_until
from tests.engine.test_quick_refresh import Objects

TIME = 1_700_000_000


@dataclass
class Stores(Objects):
    """Vector stores that have the files in `wholes` when they are read whole."""

    wholes: Mapping[str, Live] = field(default_factory=dict)

    def complete(self, live: Live) -> Live:
        self.calls["parts"] += 1
        return self.wholes[live.id]


def file(number: int, **others: Any) -> Live:
    fields = {"filename": f"{number}.md", "bytes": 5, "purpose": "assistants"}
    return Live(f"file-{number}", fields, **{"created_at": TIME, **others})


def store(number: int, *files: int) -> Live:
    inside: dict[str, Any] = {f"file-{each}": {"attributes": {}, "chunking_strategy": None} for each in files}
    return Live(f"vs_{number}", {"name": f"s{number}", "files": inside}, created_at=TIME)


def address(live: Live) -> Address:
    kind = "file" if live.id.startswith("file-") else "vector_store"
    return Address(kind, live.id)


def account(*lives: Live) -> dict[str, Any]:
    """The collections of an account with these objects. The list of vector stores omits their files."""
    stores = [live for live in lives if live.id.startswith("vs_")]
    listed = [replace(live, fields={"name": live.fields["name"]}) for live in stores]
    return {
        "file": Objects([live for live in lives if live.id.startswith("file-")]),
        "vector_store": Stores(listed, wholes={live.id: live for live in stores}),
    }


def text_of_record(record: Record) -> RecordText:
    return msgspec.json.decode(msgspec.json.encode(record.to_json(), order="sorted"), type=RecordText)


def large(*lives: Live) -> State:
    """A state that records these objects, as texts."""
    bodies: dict[Address, RecordText | Record] = {}
    for live in lives:
        echo = {**live.fields, "created_at": live.created_at}
        inputs = {"files": {id: {"file_id": id} for id in live.fields.get("files", ())}}
        record = Record(address(live), address(live).kind, live.id, inputs, echo)
        bodies[record.address] = text_of_record(record)
    return State("lineage", records=LazyRecords(bodies, {}, "the state"))


RECORDED = (*(file(number) for number in range(6)), store(0, 0, 1), store(1, 2), store(2, 3))
CHANGED = {
    "file-1": replace(file(1), fields={**file(1).fields, "filename": "other.md"}),
    "file-2": file(2, created_at=TIME + 1),
    "file-3": file(3, status="expired"),
    "vs_1": store(1, 2, 4),
    "vs_2": replace(store(2, 3), pending={"file-3": TIME}),
}
LIVES = tuple(CHANGED.get(live.id, live) for live in RECORDED if live.id != "file-5")
AS_RECORDED = {"file-0", "file-4", "vs_0"}


def shown_ids(actual: Actual) -> set[str]:
    return {text.id for text in actual.as_recorded.values()}


def test_a_full_refresh_finds_the_objects_that_are_as_recorded() -> None:
    state = large(*RECORDED)
    actual = refresh(account(*LIVES), state, (), 4)
    assert shown_ids(actual) == AS_RECORDED
    for each, live in actual.live.items():
        text = text_of(state.records, each)
        assert text is not None
        assert (actual.as_recorded.get(each) is text) == is_shown_as_recorded(text, live)


def test_the_files_of_a_store_that_is_as_recorded_are_decoded_when_they_are_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decoded: list[str] = []
    decode = RecordText.echo_value

    def counting(text: RecordText, name: str) -> Any:
        decoded.append(text.id)
        return decode(text, name)

    monkeypatch.setattr(RecordText, "echo_value", counting)
    actual = refresh(account(*LIVES), large(*RECORDED), (), 4)
    assert not decoded
    for live in LIVES:
        assert actual.live[address(live)] == live
        assert dict(actual.live[address(live)].fields) == live.fields
        assert list(actual.live[address(live)].fields) == list(live.fields)
    assert decoded == ["vs_0"]


def test_a_store_that_lacks_a_file_of_its_recorded_manifest_is_not_as_recorded() -> None:
    """The last answer of the API may lack the file too."""
    live = store(0, 0)
    record = Record(address(live), "vector_store", live.id, {"files": {"a": {"file_id": "file-0"}}}, dict(live.fields))
    lacking = replace(record, inputs={"files": {**record.inputs["files"], "b": {"file_id": "file-1"}}})
    shown = [is_shown_as_recorded(text_of_record(each), live) for each in (record, lacking)]
    assert shown == [True, False]


def test_a_quick_refresh_compares_no_store_whose_files_it_did_not_read() -> None:
    actual = refresh(account(*LIVES), large(*RECORDED), (), 4, is_known=lambda records, address, live: True)
    assert shown_ids(actual) == AS_RECORDED - {"vs_0"}
    assert actual.unread.keys() == {"vs_0", "vs_1", "vs_2"}


def test_a_small_state_has_no_texts_to_compare() -> None:
    state = large(*RECORDED)
    small = replace(state, records={each: state.records[each] for each in state.records})
    assert refresh(account(*LIVES), small, (), 4).as_recorded == {}


def test_a_store_that_is_read_later_no_longer_counts_as_compared() -> None:
    collections, state = account(*LIVES), large(*RECORDED)
    actual = refresh(collections, state, (), 4)
    first = address(store(0))
    later = read_parts(collections, replace(actual, unread={"vs_0": "vector_store"}), {"vs_0"}, 1)
    assert first in actual.as_recorded
    assert later.as_recorded == {each: text for each, text in actual.as_recorded.items() if each != first}


def test_a_list_that_is_read_again_is_compared_again() -> None:
    collections, state = account(*RECORDED), large(*RECORDED)
    begun = Refresh(collections, state, 4, is_never_known)
    begun.begin()
    wait_until(lambda: bool(collections["file"].calls))
    collections["file"].lives = [CHANGED.get(each.id, each) for each in collections["file"].lives]
    try:
        actual = begun.finish((), wanted={"file": {"file-unknown"}})
    finally:
        begun.close()
    assert shown_ids(actual) == {"file-0", "file-4", "file-5", "vs_0", "vs_1", "vs_2"}


def test_a_store_that_two_records_name_is_compared_with_its_own_record() -> None:
    collections, state = account(*RECORDED), large(*RECORDED)
    first, second = address(store(0)), Address("vector_store", "another name")
    text = text_of(state.records, first)
    assert text is not None
    assert isinstance(text.echo, msgspec.Raw)
    twin = replace(text, echo=msgspec.Raw(bytes(text.echo).replace(b'"s0"', b'"other"')))
    bodies: dict[Address, RecordText | Record] = {first: text, second: twin}
    actual = refresh(collections, replace(state, records=LazyRecords(bodies, {}, "the state")), (), 4)
    assert set(actual.live) == {first, second}
    assert set(actual.as_recorded) <= {first}


def test_the_files_of_a_store_are_read_once_if_its_list_is_read_twice_at_once() -> None:
    collections, state = account(*RECORDED), large(*RECORDED)
    begun = Refresh(collections, state, 4, is_not_known)
    begun.begin()
    try:
        actual = begun.finish((), wanted={"vector_store": {"vs_unknown"}})
    finally:
        begun.close()
    assert collections["vector_store"].calls == {"list": 2, "parts": 3}
    assert shown_ids(actual) >= {"vs_0", "vs_1", "vs_2"}


def is_not_known(records: object, address: Address, live: Live) -> bool:
    """Gives another thread time to look at the same store."""
    time.sleep(0.02)
    return False
