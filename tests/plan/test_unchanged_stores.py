"""The fast comparison of vector stores finds the same as the general one."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.objecttype import VECTOR_STORE
from provisioner.core.resource import Lifecycle, Ref, Resource
from provisioner.openai_api.collections import FIELDS
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff.actual import Actual, ForeignObject
from provisioner.planning.diff.comparison import Subject, Verdict, compare
from provisioner.planning.diff.unchanged_stores import is_unchanged_store
from provisioner.state.record_texts import RecordText
from provisioner.state.records import Record

ADDRESS = Address("vector_store", "library")
FILES = {name: Address("file", f"books/{name}.md") for name in ("hamlet", "lear")}
IDS = {address: f"file-{name}" for name, address in FILES.items()}
MARK = {"provision_owner": "shop/prod/vector_store.library", "provision_lineage": "1/op_1"}


def member(name: str, **others: Any) -> dict[str, Any]:
    return {"attributes": {"path": f"books/{name}.md", "sha256": name * 8}, **others}


CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
NAMES = ("hamlet", "lear")
DESIRED = {"name": "library", "files": {str(FILES[each]): member(each, file_id=Ref(FILES[each])) for each in NAMES}}
SENT = {"name": "library", "files": {str(FILES[each]): member(each, file_id=f"file-{each}") for each in NAMES}}
SHOWN = {
    "name": "library",
    "metadata": MARK,
    "expires_after": None,
    "files": {f"file-{each}": member(each, chunking_strategy=CHUNKING) for each in NAMES},
}
RESOURCE = Resource(ADDRESS, VECTOR_STORE.name, DESIRED)
RECORD = Record(ADDRESS, VECTOR_STORE.name, "vs_1", SENT, {**SHOWN, "created_at": 1, "member_summary": {"status": ""}})
LIVE = Live("vs_1", SHOWN, status="completed", created_at=1)


def is_unchanged(resource: Resource, record: Record, live: Live | None, actual: Actual | None = None) -> bool:
    text = msgspec.json.decode(msgspec.json.encode(record.to_json(), order="sorted"), type=RecordText)
    found = Actual(live={ADDRESS: live}) if live is not None else Actual(refreshed=False)
    return is_unchanged_store(resource, text, actual or found, {}, IDS)


def without_files(live: Live) -> Live:
    """The live store as a quick refresh reads it."""
    return replace(live, fields={name: value for name, value in live.fields.items() if name != "files"})


@pytest.mark.parametrize("live", [LIVE, without_files(LIVE), None], ids=["full", "quick", "none"])
def test_a_store_as_declared_and_recorded_is_unchanged(live: Live | None) -> None:
    assert is_unchanged(RESOURCE, RECORD, live)
    fields = FIELDS[VECTOR_STORE.name]
    assert compare(Subject(RESOURCE, RECORD, live, True, fields, IDS)) == Verdict(None)


OTHERS = {
    "not found": (RESOURCE, RECORD, None, Actual()),
    "no API for vector stores": (
        RESOURCE,
        RECORD,
        None,
        Actual(gone=frozenset({"vector_store"}), live={ADDRESS: LIVE}),
    ),
    "of others": (RESOURCE, RECORD, None, Actual(live={ADDRESS: LIVE}, strangers={"vs_1": ForeignObject("")})),
    "adopted": (RESOURCE, replace(RECORD, adopted=True), LIVE, None),
    "never filled": (RESOURCE, replace(RECORD, unfilled=True), LIVE, None),
    "an outdated mark": (RESOURCE, replace(RECORD, marked="vector_store.old"), LIVE, None),
    "protected from now on": (replace(RESOURCE, lifecycle=Lifecycle(protect=True)), RECORD, LIVE, None),
    "expired": (RESOURCE, RECORD, replace(LIVE, status="expired"), None),
    "being indexed": (RESOURCE, RECORD, replace(LIVE, pending={"file-lear": 1}), None),
    "another type": (replace(RESOURCE, type="file"), RECORD, LIVE, None),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_else_can_be_said_of_a_store_is_left_to_the_general_comparison(name: str) -> None:
    assert not is_unchanged(*OTHERS[name])


PARTS: dict[tuple[str, ...], list[Any]] = {
    ("name",): ["library", "", "other"],
    ("description",): ["", "other", None],
    ("expires_after",): [None, {"anchor": "last_active_at", "days": 1}],
    ("metadata",): [{}, {"a": "b"}, MARK, None],
    ("metadata", "a"): ["b", "", None],
    ("files",): [{}],
    **{("files", key): [member("lear", file_id="file-lear"), member("x", file_id="file-x")] for key in (
        *map(str, FILES.values()), *IDS.values(), "file-other",
    )},
    **{("files", key, "attributes"): [{}, {"path": ""}, None] for key in (str(FILES["lear"]), "file-lear")},
    **{("files", key, "attributes", "path"): ["", 1, True, 5.0] for key in (str(FILES["lear"]), "file-lear")},
    **{("files", key, "chunking_strategy"): [CHUNKING, {"type": "auto"}, None] for key in (
        str(FILES["lear"]), "file-lear",
    )},
}  # fmt: skip
changes = st.lists(
    st.sampled_from(list(PARTS)).flatmap(
        lambda path: st.tuples(
            st.sampled_from(["desired", "sent", "echo", "live"]), st.just(path), st.sampled_from([*PARTS[path], ...])
        )
    ),
    max_size=3,
)


def changed(value: Any, path: tuple[str, ...], new: Any) -> Any:
    """A copy of `value` with another value at `path`; `...` removes it. A path that does not exist changes nothing."""
    if not isinstance(value, dict):
        return value
    first, *rest = path
    if rest:
        return {**value, first: changed(value[first], tuple(rest), new)} if first in value else value
    left = {name: each for name, each in value.items() if name != first}
    return left if new is ... else {**left, first: new}


@given(changes, st.booleans(), st.booleans())
@example([("live", ("files", "file-other"), {"attributes": {}})], True, False)
@example([("live", ("files", "file-other"), {}), ("echo", ("files", "file-other"), {})], True, True)
@example([("live", ("files", "file-hamlet"), ...), ("echo", ("files", "file-hamlet"), ...)], True, False)
def test_a_store_that_counts_as_unchanged_is_unchanged_in_the_general_comparison(
    made: list[tuple[str, tuple[str, ...], Any]], is_full: bool, exclusive: bool
) -> None:
    sides: dict[str, Any] = {"desired": DESIRED, "sent": SENT, "echo": RECORD.echo, "live": SHOWN}
    for side, path, new in made:
        sides[side] = changed(sides[side], path, new)
    resource = replace(RESOURCE, inputs=sides["desired"], lifecycle=Lifecycle(exclusive=exclusive))
    record = replace(RECORD, inputs=sides["sent"], echo=sides["echo"])
    live = replace(LIVE, fields=sides["live"])
    if not is_full:
        live = without_files(live)
    if is_unchanged(resource, record, live):
        assert compare(Subject(resource, record, live, True, FIELDS[VECTOR_STORE.name], IDS)) == Verdict(None)
