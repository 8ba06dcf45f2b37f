"""What an operation is about to do: read from journals of older and newer versions, and written as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import TornState
from provisioner.state.backends.serialization import Serializer
from provisioner.state.journal import Begin, parse_entry
from provisioner.state.operations import (
    VERBS,
    Adopting,
    ChangingMembers,
    Creating,
    Deleting,
    Settling,
    Updating,
    sent_fields,
)
from provisioner.state.records import Record, Retired
from provisioner.state.sealing import UNSEALED

STORE = Address("vector_store", "s")
BLANK = {"type": "vector_store", "id": "", "inputs": {"name": "s"}, "echo": {}, "unfilled": True}
RETIRE = {"address": "vector_store.s", "type": "vector_store", "id": "vs_0", "since": 1.0, "retire_after": 60.0}


def line(verb: str, details: Any) -> dict[str, Any]:
    """A journal's line as every version has written it."""
    return {
        "entry": "begin",
        "operation": "op_1",
        "address": "vector_store.s",
        "verb": verb,
        "type": "vector_store",
        "digest": "d",
        "time": 2.0,
        "details": details,
    }


def read(verb: str, details: Any) -> Begin:
    begin = parse_entry(line(verb, details))
    assert isinstance(begin, Begin)
    return begin


RECORD = Record(STORE, "vector_store", "", {"name": "s"}, unfilled=True)
THEIRS = {"type": "vector_store", "id": "vs_9", "inputs": {"name": "s"}, "echo": {}, "adopted": True}
ADOPTED = Record(STORE, "vector_store", "vs_9", {"name": "s"}, adopted=True)
#: The verbs whose details have a record, which says what is sent.
RECORDED = {"create": BLANK, "adopt": THEIRS}


@pytest.mark.parametrize(
    ("verb", "details", "intent"),
    [
        (
            "create",
            {"record": BLANK, "retire": RETIRE, "before": "vs_0"},
            Creating(RECORD, Retired(STORE, "vector_store", "vs_0", 1.0, 60.0), "vs_0"),
        ),
        ("create", {"record": BLANK, "retire": None, "before": None}, Creating(RECORD)),
        ("adopt", {"record": THEIRS}, Adopting(ADOPTED)),
        ("update", {"sent": {"name": "t", "expires_after": None}}, Updating({"name": "t", "expires_after": None})),
        ("settle", {"sent": {"files": None}}, Settling({"files": None})),
        ("delete", {}, Deleting()),
        ("attach", {}, ChangingMembers("attach")),
        ("describe", {}, ChangingMembers("describe")),
        ("detach", {}, ChangingMembers("detach")),
    ],
)
def test_a_line_is_read_into_its_type_and_written_byte_for_byte(verb: str, details: Any, intent: Any) -> None:
    begin = read(verb, details)
    assert begin.intent == intent
    assert json.dumps(begin.to_json()) == json.dumps(line(verb, details))


@pytest.mark.parametrize("verb", VERBS)
def test_details_of_a_newer_version_are_written_again(verb: str) -> None:
    known = {"record": RECORDED[verb]} if verb in RECORDED else {}
    begin = read(verb, {**known, "since": "2027", "sent": {"name": "s"}})
    written = parse_entry(begin.to_json())
    assert written == begin
    assert {"since": "2027", "sent": {"name": "s"}}.items() <= begin.to_json()["details"].items()


def test_what_older_versions_left_out_is_empty() -> None:
    assert read("create", {"record": BLANK}).intent == Creating(RECORD)
    assert read("update", {}).intent == Updating({})
    body = line("delete", {})
    del body["details"]
    begin = parse_entry(body)
    assert isinstance(begin, Begin)
    assert begin.intent == Deleting()


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb not in RECORDED])
def test_the_fields_that_were_sent_are_known_whatever_the_verb(verb: str) -> None:
    assert sent_fields(read(verb, {"sent": {"name": "s"}}).intent) == {"name": "s"}
    assert sent_fields(read(verb, {}).intent) == {}


def test_the_id_of_what_is_made_is_not_known_yet() -> None:
    intent = read("create", {"record": {**BLANK, "id": "vs_9"}}).intent
    assert isinstance(intent, Creating)
    assert intent.record.id == ""


@pytest.mark.parametrize(
    ("verb", "details"),
    [
        ("create", {}),
        ("create", {"record": {**BLANK, "type": "file"}}),
        ("create", {"record": {**BLANK, "newer": 1}}),
        ("create", {"record": BLANK, "retire": {**RETIRE, "address": "vector_store.t"}}),
        ("create", {"record": BLANK, "before": 5}),
        ("adopt", {}),
        ("adopt", {"record": {**THEIRS, "type": "agent"}}),
        ("adopt", {"record": {**THEIRS, "adopted": False}}),
        ("update", {"sent": []}),
        ("settle", {"sent": {"metadata": []}}),
        ("delete", {"sent": "x"}),
        ("detach", {"record": []}),
    ],
)
def test_details_that_say_nothing_are_torn_and_name_the_operation(verb: str, details: Any) -> None:
    text = json.dumps(line(verb, details)).encode()
    with pytest.raises(TornState, match=rf"line 1 of it .*op_1 is to {verb} vector_store\.s, and does not say how"):
        Serializer("e", UNSEALED).split(text, "it", "keep a copy")
