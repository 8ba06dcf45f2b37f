"""What the state leaves out of an object is no proof that it is ours, and neither is what it says of itself."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.engine.ownership import Ownership, find_strangers, with_times
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff.actual import Actual, ForeignObject
from provisioner.state.records import Origin, Record, State

FILE, STORE, TEMPLATE = Address("file", "a.txt"), Address("vector_store", "s"), Address("environment", "e")
UPLOAD = {"filename": "a.txt", "bytes": 5}
OURS = {"provision_owner": "p/e/vector_store.s", "provision_lineage": "lineage/op_1"}


def judge(record: Record, live: Live, *, older: bool = False, in_ci: bool = False) -> ForeignObject | None:
    """Why the live object is not the record's, as the plan of a whole state finds it."""
    state = State("lineage", records={record.address: record}, claim=None if older else "digest")
    ownership = Ownership.of(state, "p/e", in_ci=in_ci)
    return find_strangers(state, Actual({record.address: live}), ownership).get(live.id)


def upload(**echo: Any) -> Record:
    """A record of a file."""
    return Record(FILE, "file", "file-1", {"filename": "a.txt"}, echo)


FILE_LIVE = Live("file-1", UPLOAD, created_at=1_700_000_000)


@pytest.mark.parametrize(
    "echo",
    [
        {},
        {"filename": "a.txt"},
        UPLOAD,
        {"filename": "a.txt", "created_at": 1_700_000_000},
        {**UPLOAD, "created_at": 0},
        {**UPLOAD, "created_at": True},
        {**UPLOAD, "created_at": "1700000000"},
        {**UPLOAD, "bytes": "5", "created_at": 1_700_000_000},
        {**UPLOAD, "bytes": 6, "created_at": 1_700_000_000},
        {**UPLOAD, "created_at": 1_700_000_002},
    ],
)
def test_a_file_is_ours_only_where_name_size_and_time_are_recorded(echo: dict[str, Any]) -> None:
    found = judge(upload(**echo), FILE_LIVE)
    assert found is not None
    assert not found.marked
    assert judge(upload(**UPLOAD, created_at=1_700_000_001), FILE_LIVE) is None


def test_a_size_that_a_server_writes_with_a_point_is_a_size() -> None:
    live = Live("file-1", {"filename": "a.txt", "bytes": 5.0}, created_at=7)
    assert judge(upload(filename="a.txt", bytes=5.0, created_at=7.0), live) is None


def test_what_a_server_does_not_show_is_not_needed() -> None:
    assert judge(upload(filename="a.txt"), Live("file-1", {"filename": "a.txt"})) is None


@pytest.mark.parametrize(
    ("echo", "in_ci", "ours"),
    [(UPLOAD, False, True), (UPLOAD, True, False), ({"filename": "a.txt"}, False, False)],
)
def test_an_older_state_needs_name_and_size_and_in_ci_the_time(echo: dict[str, Any], in_ci: bool, ours: bool) -> None:
    assert (judge(upload(**echo), FILE_LIVE, older=True, in_ci=in_ci) is None) == ours


def store(**changed: Any) -> Record:
    """A record of a store."""
    return replace(Record(STORE, "vector_store", "vs_1", {}, {"created_at": 1_700_000_000}), **changed)


@pytest.mark.parametrize("adopted", [False, True])
@pytest.mark.parametrize(
    "metadata",
    [
        {"provision_owner": "other/e/vector_store.s"},
        {"provision_lineage": "another/op_9"},
        {**OURS, "provision_owner": "other/e/vector_store.s"},
        {**OURS, "provision_lineage": "another/op_9"},
        {**OURS, "provision_owner": "p/e/vector_store.t"},
    ],
)
def test_a_mark_of_others_stops_every_write(metadata: dict[str, str], adopted: bool) -> None:
    live = Live("vs_1", {"metadata": metadata}, created_at=1_700_000_000)
    found = judge(store(adopted=adopted), live)
    assert found is not None
    assert found.marked


@pytest.mark.parametrize("adopted", [False, True])
@pytest.mark.parametrize("echo", [{}, {"created_at": 0}, {"created_at": "now"}, {"created_at": 1_600_000_000}])
def test_an_object_without_a_mark_may_be_written_to_only_where_its_time_fits(echo: Any, adopted: bool) -> None:
    live = Live("vs_1", {"metadata": {}}, created_at=1_700_000_000)
    found = judge(store(echo=echo, adopted=adopted), live)
    assert found is not None
    assert found.marked
    removed = judge(store(), live)
    assert removed is not None
    assert not removed.marked


def test_a_template_with_a_name_of_its_own_may_be_written_to_only_where_its_time_fits() -> None:
    record = Record(TEMPLATE, "environment_template", "envtpl_1", {})
    live = Live("envtpl_1", {"name": "theirs"}, created_at=5)
    for echo, marked in (({}, True), ({"created_at": 5}, False)):
        found = judge(replace(record, echo=echo), live)
        assert found is not None
        assert found.marked == marked


def test_the_time_of_a_stranger_is_not_recorded() -> None:
    state = State("lineage", records={FILE: upload(**UPLOAD)})
    assert "created_at" not in with_times(state, [FILE_LIVE], {"file-1"}).records[FILE].echo
    assert with_times(state, [FILE_LIVE], ()).records[FILE].echo["created_at"] == 1_700_000_000


def test_the_time_of_a_retired_file_of_an_older_state_is_recorded_unless_it_is_a_strangers() -> None:
    state = State("lineage", origins={"file-1": Origin(filename="a.txt")})
    assert with_times(state, [FILE_LIVE], ()).origins["file-1"] == Origin(None, "a.txt", 5, 1_700_000_000)
    assert with_times(state, [FILE_LIVE], {"file-1"}).origins == state.origins
