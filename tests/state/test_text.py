"""How states and journal entries are written down: byte for byte, whole or not at all."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import NewerState, TornState
from provisioner.state.journal import Entry, parse_entry
from provisioner.state.parsing import parse
from provisioner.state.pinning import LastRelease
from provisioner.state.records import FORMAT, Record, Retired, State, dump
from tests.state.strategies import addresses, entries, states

SAMPLE = State(
    lineage="5f0c8a52",
    serial=7,
    account="https://api.openai.com/v1",
    project="library",
    environment="prod",
    records={
        Address("file", "manifests/책/hamlet.md"): Record(
            Address("file", "manifests/책/hamlet.md"), "file", "file-1", {"bytes": 4, "sha256": "ab"}
        ),
        Address("assistant", "tutor"): Record(
            Address("assistant", "tutor"),
            "definition",
            "tutor@2",
            {"instructions": 'Say "햄릿"\n'},
            needs=('file["manifests/책/hamlet.md"]',),
            protect=True,
            release=2,
        ),
    },
    retired=(Retired(Address("file", "old"), "file", "file-0", since=1.5, retire_after=60),),
    releases={"tutor": LastRelease(2, "cd")},
)


@pytest.mark.thorough
@given(states)
@settings(max_examples=60)
def test_a_state_round_trips_byte_for_byte(state: State) -> None:
    text = dump(state)
    assert parse(text, "it") == state
    assert dump(parse(text, "it")) == text


@pytest.mark.thorough
@given(states, st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_equal_states_are_equal_bytes_whatever_came_first(state: State, random: Random) -> None:
    assert dump(shuffled(state, random)) == dump(state)


def shuffled(state: State, random: Random) -> State:
    records, releases, retired = list(state.records.items()), list(state.releases.items()), list(state.retired)
    for each in (records, releases, retired):
        random.shuffle(each)
    records = [(address, replace(record, inputs=backwards(record.inputs))) for address, record in records]
    return replace(state, records=dict(records), releases=dict(releases), retired=tuple(retired))


def backwards(mapping: object) -> dict[str, object]:
    assert isinstance(mapping, dict)
    return dict(reversed(mapping.items()))


def test_the_text_is_for_people_too() -> None:
    text = dump(SAMPLE)
    assert text.endswith("}\n")
    assert "햄릿" in text
    assert json.loads(text)["format"] == FORMAT
    assert list(json.loads(text)) == sorted(json.loads(text))


def test_a_text_cut_at_any_byte_is_torn() -> None:
    data = dump(SAMPLE).encode()
    whole = len(data) - 1  # all but the final newline
    for length in range(whole):
        with pytest.raises(TornState, match=r"^state\.json is not a state"):
            parse(data[:length].decode(errors="replace"), "state.json")
    assert parse(data[:whole].decode(), "state.json") == SAMPLE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"format": 1}',
        dump(replace(SAMPLE, records={})).replace('"records": {}', '"records": []'),
        dump(SAMPLE).replace('"lineage": "5f0c8a52"', '"lineage": 5'),
        dump(SAMPLE).replace('"id": "file-1"', '"identity": "file-1"'),
        dump(SAMPLE).replace('"assistant.tutor": {', '"Not an address": {'),
        dump(SAMPLE).replace('"number": 2', '"nummer": 2'),
        "<<<<<<< HEAD\n" + dump(SAMPLE),
        "[" * 100_000,
    ],
)
def test_what_is_no_state_is_torn(text: str) -> None:
    with pytest.raises(TornState) as caught:
        parse(text, "state.json")
    assert caught.value.hint is not None
    assert "backup" in caught.value.hint


def test_a_later_format_is_left_alone() -> None:
    body = {**json.loads(dump(SAMPLE)), "format": FORMAT + 1, "new": True}
    with pytest.raises(NewerState, match=f"has format {FORMAT + 1}") as caught:
        parse(json.dumps(body), "state.json")
    assert caught.value.hint is not None
    assert "upgrade" in caught.value.hint


@pytest.mark.thorough
@given(entries)
@settings(max_examples=100)
def test_a_journal_entry_round_trips(entry: Entry) -> None:
    assert parse_entry(json.loads(json.dumps(entry.to_json()))) == entry


@given(addresses)
def test_an_address_round_trips(address: Address) -> None:
    assert Address.parse(str(address)) == address
