"""A state or a journal that is edited into an odd shape is torn: nothing of it reaches a plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from provisioner.core.errors import TornState
from provisioner.core.objecttype import TYPES
from provisioner.engine.guards import check_journal
from provisioner.openai_api.collections import FIELDS
from provisioner.state.backends.serialization import Serializer
from provisioner.state.parsing import parse
from provisioner.state.records import digest
from provisioner.state.sealing import UNSEALED

STORE, FILE, BOT = "vector_store.s", "file.a", "assistant.v"
LONG = "9" * 401


def body() -> dict[str, Any]:
    """A state's JSON."""
    member = {"file_id": "file-1", "attributes": {"path": "a"}}
    return {
        "format": 1,
        "lineage": "lineage",
        "serial": 1,
        "account": "a",
        "project": "p",
        "environment": "e",
        "records": {
            STORE: {
                "type": "vector_store",
                "id": "vs_1",
                "inputs": {"files": {"a": member}, "metadata": {}},
                "echo": {"files": {"file-1": {"attributes": {}}}, "metadata": {}, "created_at": 5},
            },
            FILE: {"type": "file", "id": "file-1", "inputs": {"filename": "a", "bytes": 1}, "echo": {}},
            BOT: {"type": "agent", "id": "agent_1", "inputs": {}, "echo": {}, "needs": [STORE]},
        },
        "retired": [{"address": FILE, "type": "file", "id": "file-0", "since": 1.0, "retire_after": 0}],
        "releases": {"v": {"number": 1, "digest": "d"}},
        "origins": {"file-0": {"filename": "a", "bytes": 1, "created_at": 5}},
        "written": {"time": 1.0, "who": "me", "command": "apply"},
    }


def read(state: dict[str, Any], **numbers: str) -> None:
    """Reads a state whose digest fits. `numbers` take the place of the texts that name them."""
    text = json.dumps({**state, "digest": digest(state)})
    for name, number in numbers.items():
        text = text.replace(f'"{name}"', number)
    parse(text, "the state")


def values(*found: Any) -> tuple[Any, ...]:
    """These values."""
    return found


#: Places in the state, and what is odd there.
ODD: list[tuple[str, Any]] = [
    *[(f"records/{STORE}/type", odd) for odd in values("__class__", "file", "agent", 5, "", "bogus")],
    *[("retired/0/type", odd) for odd in values("bogus", "vector_store", None)],
    *[(f"records/{STORE}/id", odd) for odd in values("", "..", ".", "../files/x", "a\nb", "a?b", "x" * 100_000, 5)],
    *[("retired/0/id", odd) for odd in values("..", "a b", "x" * 257, "")],
    *[(f"records/{STORE}/inputs/files", odd) for odd in values([], None, {"a": {}}, {"a": {"file_id": 5}}, {"a": []})],
    *[(f"records/{STORE}/inputs/files/a/{name}", [1]) for name in ("file_id", "attributes", "chunking_strategy")],
    *[(f"records/{STORE}/echo/files", odd) for odd in values([1], {"file-1": []}, {"..": {}}, None)],
    *[(f"records/{STORE}/{part}/metadata", odd) for part in ("inputs", "echo") for odd in values("x", [1], 5)],
    *[(f"records/{BOT}/{part}/metadata", odd) for part in ("inputs", "echo") for odd in values("x", [1], 5)],
    *[(f"records/{BOT}/needs", odd) for odd in values(["bogus"], [5], [[STORE]], "x", {})],
    *[(f"records/{BOT}/release", odd) for odd in values(True, -1, 10**30, 1.5)],
    (f"records/{BOT}/operation", "../x"),
    *[(f"records/{FILE}/inputs/bytes", odd) for odd in values("x", -1, True, 10**30, None)],
    *[(f"records/{FILE}/inputs/filename", odd) for odd in values(5, None, [])],
    *[("serial", odd) for odd in values(True, -5, 10**30, 1.5, "1")],
    *[(f"retired/0/{name}", odd) for name in ("since", "retire_after") for odd in values(10**30, -1, True, "1", None)],
    *[("retired/0/uses", odd) for odd in values([5], "x", [["a"]])],
    *[(f"origins/file-0/{name}", odd) for name in ("bytes", "created_at") for odd in values(-1, True, 10**30, "1")],
    *[("releases/v/number", odd) for odd in values(True, -1, 10**30)],
    *[("written/time", odd) for odd in values(10**30, -1, True)],
    ("records/bogus.x", {"type": "file", "id": "file-1", "inputs": {}, "echo": {}}),
    ("records/file[5]", {"type": "file", "id": "file-1", "inputs": {}, "echo": {}}),
    *[(name, odd) for name in ("records", "retired", "releases", "origins") for odd in values(5, "x", None)],
]


def put(state: Any, path: str, value: Any) -> None:
    """Sets what stands at a path."""
    *parents, last = path.split("/")
    for name in parents:
        state = state[int(name) if isinstance(state, list) else name]
    state[last] = value


def test_the_state_is_read_as_it_is() -> None:
    read(body())
    assert set(TYPES) == set(FIELDS)


@pytest.mark.parametrize(("path", "odd"), ODD, ids=lambda each: str(each)[:40])
def test_an_odd_shape_is_a_torn_state(path: str, odd: Any) -> None:
    state = body()
    put(state, path, odd)
    with pytest.raises(TornState):
        read(state)


@pytest.mark.parametrize("number", ["1" + "0" * 399, "NaN", "Infinity", "-Infinity", "1e999", "9" * 350, LONG])
@pytest.mark.parametrize("place", ["retired/0/since", f"records/{BOT}/inputs/temperature", "serial"])
def test_a_number_that_is_none_is_a_torn_state(number: str, place: str) -> None:
    state = body()
    put(state, place, "NUMBER")
    with pytest.raises(TornState):
        read(state, NUMBER=number)


def test_an_unknown_type_may_be_of_a_newer_version() -> None:
    state = body()
    put(state, f"records/{STORE}/type", "conversation")
    with pytest.raises(TornState) as caught:
        read(state)
    assert "type conversation" in caught.value.message
    assert "newer version" in (caught.value.hint or "")


RECORD = {"type": "vector_store", "id": "vs_1", "inputs": {"files": {}}, "echo": {}, "operation": "op_1"}
RETIRE = {"address": STORE, "type": "vector_store", "id": "vs_0", "since": 1.0, "retire_after": 0}


def entries() -> list[dict[str, Any]]:
    """A journal's entries: a create that is over, and an update that is open."""
    opening = {"lineage": "lineage", "serial": 1, "account": "a", "project": "p", "environment": "e", "time": 1.0}
    begin = {
        "operation": "op_1",
        "address": STORE,
        "verb": "create",
        "type": "vector_store",
        "digest": "d",
        "time": 2.0,
    }
    details = {"record": {**RECORD, "id": ""}, "retire": RETIRE, "before": None}
    delta = {"record": {"address": STORE, **RECORD}, "retire": RETIRE}
    update = {**begin, "operation": "op_2", "verb": "update", "details": {"sent": {"metadata": {}}}}
    return [
        {"entry": "open", **opening},
        {"entry": "begin", **begin, "details": details},
        {"entry": "end", "operation": "op_1", "delta": delta},
        {"entry": "begin", **update},
    ]


def read_journal(lines: list[dict[str, Any]]) -> None:
    """Reads a journal as the engine does."""
    text = "".join(json.dumps(line) + "\n" for line in lines)
    check_journal(Serializer("e", UNSEALED).split(text.encode(), "the journal", "keep a copy"), None)


ODD_ENTRIES: list[tuple[str, Any]] = [
    *[("0/serial", odd) for odd in values(True, -1, 10**30, 1.5)],
    *[("0/time", odd) for odd in values(1e18, -1, True, "x")],
    *[
        ("1/details", odd)
        for odd in values({}, [], {"record": []}, {"record": {}}, {"record": {**RECORD, "type": "file"}})
    ],
    *[("1/details/record/inputs", odd) for odd in values("x", {"files": [1]}, {"metadata": "x"})],
    *[
        ("1/details/retire", odd)
        for odd in values("x", {}, {**RETIRE, "address": "vector_store.t"}, {**RETIRE, "id": ".."})
    ],
    ("1/details/before", 5),
    *[(f"{line}/operation", odd) for line in (1, 2, 3) for odd in values("", "x", "../op_1", "op_" + "1" * 65, 5)],
    *[("1/address", odd) for odd in values("vector_store.t", "file.a", "bogus.x", 5, "bogus")],
    *[("1/verb", odd) for odd in values("delete", "update!", "settle", "", 5)],
    *[("1/type", odd) for odd in values("__class__", "file", "bogus", 5)],
    *[("1/time", odd) for odd in values(1e18, -1, True)],
    *[
        ("2/delta/record", odd)
        for odd in values("x", {}, {**RECORD, "address": "vector_store.t"}, {**RECORD, "id": ""})
    ],
    ("2/delta/record/operation", "op_9"),
    ("2/delta/remove", "vector_store.t"),
    ("2/delta/discard", "vs_9"),
    ("2/delta/retire", {**RETIRE, "address": "vector_store.t"}),
    *[("3/details/sent", odd) for odd in values("x", [], {"metadata": None}, {"metadata": "x"})],
    ("3/operation", "op_1"),
]


def test_the_journal_is_read_as_it_is() -> None:
    read_journal(entries())


@pytest.mark.parametrize(("path", "odd"), ODD_ENTRIES, ids=lambda each: str(each)[:40])
def test_an_odd_entry_is_a_torn_journal(path: str, odd: Any) -> None:
    lines = entries()
    put(lines, path, odd)
    with pytest.raises(TornState):
        read_journal(lines)


@pytest.mark.parametrize("change", [lambda lines: lines.pop(0), lambda lines: lines.append(lines[0])])
def test_a_journal_has_one_opening(change: Callable[[list[dict[str, Any]]], object]) -> None:
    lines = entries()
    change(lines)
    with pytest.raises(TornState):
        read_journal(lines)
