"""An upload that is recognised quickly is recognised by the general comparison too."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE
from provisioner.engine.ownership import Ownership
from provisioner.openai_api.collections.collection import Live
from provisioner.state.record_columns import LazyRecords
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Origin, Record, State

ADDRESS = Address(FILE.kind.name, "books/hamlet.md")
TIME = 1_700_000_000
ECHO = {"filename": "hamlet.md", "bytes": 5, "purpose": "assistants", "created_at": TIME}
SHOWN = {name: ECHO[name] for name in ("filename", "bytes", "purpose")}

values = st.sampled_from(["hamlet.md", "", 5, 5.0, 1, True, False, None, -5, 2**53 + 1, TIME])
fields = st.dictionaries(st.sampled_from(["filename", "bytes", "purpose", "created_at"]), values)


def state_of(echo: dict[str, Any], origins: dict[str, Origin]) -> State:
    record = Record(ADDRESS, FILE.name, "file-1", {}, {**ECHO, **echo})
    return State("lineage", records={ADDRESS: record}, origins=origins, claim="")


@given(fields, fields, st.sampled_from([TIME, TIME + 1, 0, 1, -5, 2**53 + 1]), st.sampled_from([{}, {"bytes": 6}]))
@example({}, {}, TIME, {})
@example({"bytes": True}, {"bytes": 1}, TIME, {})
@example({"bytes": 5.0}, {}, TIME, {})
def test_what_is_recognised_quickly_is_ours(
    echo: dict[str, Any], shown: dict[str, Any], time: int, origin: dict[str, Any]
) -> None:
    state = state_of(echo, {"file-1": Origin(**origin)} if origin else {})
    live = Live("file-1", {**SHOWN, **shown}, created_at=time)
    text = msgspec.json.decode(msgspec.json.encode(state.records[ADDRESS].to_json(), order="sorted"), type=RecordText)
    for each in (state, replace(state, records=LazyRecords({ADDRESS: text}, {}, "the state"))):
        ownership = Ownership.of(each, "shop/prod")
        if ownership.origins.is_unchanged_upload(ADDRESS, live):
            assert Ownership.of(state, "shop/prod").judge(FILE.name, ADDRESS, live) is None


def test_an_upload_with_the_recorded_values_is_recognised_quickly() -> None:
    state = state_of({}, {})
    live = Live("file-1", SHOWN, created_at=TIME)
    origins = Ownership.of(state, "shop/prod").origins
    assert origins.is_unchanged_upload(ADDRESS, live)
    assert not origins.is_unchanged_upload(ADDRESS, replace(live, id="file-2"))
    assert not origins.is_unchanged_upload(ADDRESS, replace(live, fields={**SHOWN, "filename": "macbeth.md"}))
    assert not origins.is_unchanged_upload(ADDRESS, replace(live, fields={**SHOWN, "bytes": 6}))
    assert not origins.is_unchanged_upload(ADDRESS, replace(live, created_at=TIME + 1))
