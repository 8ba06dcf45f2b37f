"""An upload that is recognised quickly is recognised by the general comparison too."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import FILE
from provisioner.engine.origins import Origins
from provisioner.engine.ownership import Ownership
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.shown_objects import is_shown_as_recorded
from provisioner.state.record_columns import LazyRecords
from provisioner.state.record_columns import text_of as record_text
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


def text_of(state: State) -> RecordText:
    """Returns the text of the record in `state`, as it is read from a large state."""
    return msgspec.json.decode(msgspec.json.encode(state.records[ADDRESS].to_json(), order="sorted"), type=RecordText)


def shown_in(state: State, live: Live) -> dict[Address, RecordText]:
    """Returns the text of the record in `state`, by address, if `live` certainly is as recorded."""
    text = record_text(state.records, ADDRESS)
    return {} if text is None or not is_shown_as_recorded(text, live) else {ADDRESS: text}


@given(fields, fields, st.sampled_from([TIME, TIME + 1, 0, 1, -5, 2**53 + 1]), st.sampled_from([{}, {"bytes": 6}]))
@example({}, {}, TIME, {})
@example({"bytes": True}, {"bytes": 1}, TIME, {})
@example({"bytes": 5.0}, {}, TIME, {})
def test_what_is_recognised_quickly_is_ours(
    echo: dict[str, Any], shown: dict[str, Any], time: int, origin: dict[str, Any]
) -> None:
    state = state_of(echo, {"file-1": Origin(**origin)} if origin else {})
    live = Live("file-1", {**SHOWN, **shown}, created_at=time)
    for each in (state, replace(state, records=LazyRecords({ADDRESS: text_of(state)}, {}, "the state"))):
        origins = Ownership.of(each, "shop/prod").origins
        if origins.is_unchanged_upload(ADDRESS, live, shown_in(each, live)):
            assert Ownership.of(state, "shop/prod").judge(FILE.name, ADDRESS, live) is None


def test_an_upload_with_the_recorded_values_is_recognised_quickly() -> None:
    state = state_of({}, {})
    for each in (state, replace(state, records=LazyRecords({ADDRESS: text_of(state)}, {}, "the state"))):
        origins = Ownership.of(each, "shop/prod").origins

        def is_recognised(live: Live, state: State = each, origins: Origins = origins) -> bool:
            return origins.is_unchanged_upload(ADDRESS, live, shown_in(state, live))

        live = Live("file-1", SHOWN, created_at=TIME)
        assert is_recognised(live)
        assert not is_recognised(replace(live, id="file-2"))
        assert not is_recognised(replace(live, fields={**SHOWN, "filename": "macbeth.md"}))
        assert not is_recognised(replace(live, fields={**SHOWN, "bytes": 6}))
        assert not is_recognised(replace(live, created_at=TIME + 1))


def test_a_text_that_was_read_later_is_not_recognised_by_the_comparison_with_an_earlier_one() -> None:
    state = state_of({}, {})
    live = Live("file-1", SHOWN, created_at=TIME)
    earlier, later = (replace(state, records=LazyRecords({ADDRESS: text_of(state)}, {}, "the state")) for _ in range(2))
    shown = shown_in(earlier, live)
    assert Ownership.of(earlier, "shop/prod").origins.is_unchanged_upload(ADDRESS, live, shown)
    assert not Ownership.of(later, "shop/prod").origins.is_unchanged_upload(ADDRESS, live, shown)
