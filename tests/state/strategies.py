"""States, deltas and journal entries of any content, for hypothesis."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from provisioner.core.address import Address
from provisioner.core.authorship import Authorship
from provisioner.core.objecttype import TYPES
from provisioner.state.journal import Begin, Delta, End, Entry, Opening
from provisioner.state.operations import (
    VERBS,
    Adopting,
    ChangingMembers,
    Creating,
    Deleting,
    Intent,
    Settling,
    Updating,
)
from provisioner.state.pinning import LastRelease
from provisioner.state.records import Origin, Record, Retired, State

TEXT = st.text(max_size=12)
NAMES = st.one_of(st.sampled_from(["tutor", "hamlet", "a-b"]), st.text(min_size=1, max_size=12))
KINDS = st.sampled_from(["file", "vector_store", "assistant", "environment"])
OPERATIONS = st.from_regex(r"op_[0-9a-f]{1,16}", fullmatch=True)
IDS = st.sampled_from([f"file-{number}" for number in range(6)])
SECONDS = st.floats(0, 2e9, allow_nan=False)

addresses = st.builds(Address, KINDS, NAMES)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
fields = st.dictionaries(TEXT, json_values, max_size=4)
#: Types, and addresses of their kind.
placed = st.sampled_from(sorted(TYPES)).flatmap(
    lambda type_: st.tuples(st.just(type_), st.builds(Address, st.just(TYPES[type_].kind.name), NAMES))
)
records = st.builds(
    lambda placed, **rest: Record(type=placed[0], address=placed[1], **rest),
    placed,
    id=IDS,
    inputs=fields,
    echo=fields,
    needs=st.lists(addresses.map(str), max_size=3, unique=True).map(lambda needs: tuple(sorted(needs))),
    sources=st.dictionaries(TEXT, TEXT, max_size=2),
    protect=st.booleans(),
    adopted=st.booleans(),
    release=st.none() | st.integers(1, 9),
    operation=st.none() | st.just("op_1"),
)
retired = st.builds(
    lambda placed, **rest: Retired(type=placed[0], address=placed[1], **rest),
    placed,
    id=IDS,
    since=SECONDS,
    retire_after=SECONDS,
)
origins = st.builds(
    Origin,
    operation=st.none() | TEXT,
    filename=st.none() | TEXT,
    bytes=st.none() | st.integers(0, 2**40),
    created_at=st.none() | st.integers(0, 2**33),
)
releases = st.dictionaries(NAMES, st.builds(LastRelease, number=st.integers(1, 9), digest=TEXT), max_size=3)


def by_address(found: list[Record]) -> dict[Address, Record]:
    return {record.address: record for record in found}


def by_id(found: list[Retired]) -> tuple[Retired, ...]:
    entries = {entry.id: entry for entry in found}.values()
    return tuple(sorted(entries, key=lambda entry: (entry.address, entry.id)))


authorships = st.builds(
    Authorship,
    time=SECONDS,
    who=TEXT,
    command=TEXT,
    counts=st.dictionaries(st.sampled_from(["create", "failed"]), st.integers(1, 9)),
)
states = st.builds(
    State,
    lineage=TEXT,
    serial=st.integers(0, 9),
    account=TEXT,
    project=TEXT,
    environment=TEXT,
    records=st.lists(records, max_size=4).map(by_address),
    retired=st.lists(retired, max_size=3).map(by_id),
    releases=releases,
    origins=st.dictionaries(IDS, origins, max_size=2),
    previous=TEXT,
    written=st.none() | authorships,
)
deltas = st.builds(
    Delta,
    record=st.none() | records,
    remove=st.none() | addresses,
    retire=st.none() | retired,
    discard=st.none() | IDS,
    origin=st.none() | origins,
)


def intent_of(verb: str, address: Address, type_: str, found: dict[str, Any], newer: dict[str, Any]) -> Intent:
    """What an operation is about to do with these fields, and with details that a newer version may have written."""
    other = {f"newer {name}": value for name, value in newer.items()}
    match verb:
        case Creating.verb:
            retire = Retired(address, type_, "file-0", 1.5, 60.0) if newer else None
            return Creating(Record(address, type_, "", found, newer), retire, "file-0" if newer else None, other)
        case Adopting.verb:
            return Adopting(Record(address, type_, "file-0", found, newer, adopted=True), other)
        case Updating.verb:
            return Updating(found, other)
        case Settling.verb:
            return Settling(found, other)
        case "attach" | "describe" | "detach":
            return ChangingMembers(verb, other)
    return Deleting(other)


begins = st.builds(
    lambda placed, verb, found, newer, **rest: Begin(
        type=placed[0], address=placed[1], intent=intent_of(verb, placed[1], placed[0], found, newer), **rest
    ),
    placed,
    st.sampled_from(VERBS),
    fields,
    st.just({}) | fields,
    operation=OPERATIONS,
    digest=TEXT,
    time=SECONDS,
)
entries: st.SearchStrategy[Entry] = st.one_of(
    st.builds(
        Opening,
        lineage=TEXT,
        serial=st.integers(0, 9),
        account=TEXT,
        project=TEXT,
        environment=TEXT,
        time=SECONDS,
    ),
    begins,
    st.builds(End, operation=OPERATIONS, delta=st.none() | deltas),
)
