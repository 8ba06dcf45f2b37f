"""What a plan knows of who needs what, and that a plan file keeps it."""

from __future__ import annotations

import json

import pytest

from provisioner.core.address import Address
from provisioner.core.errors import StateError
from provisioner.core.resource import Ref, Resource
from provisioner.planning import planfile
from provisioner.planning.diff import Actual, Scope, make_plan
from provisioner.planning.plan import Plan
from provisioner.state.records import Record, State, digest

TUTOR, READER = Address("assistant", "tutor"), Address("assistant", "reader")
STORE, OLD = Address("vector_store", "books"), Address("vector_store", "old")
BOOK, FORMER = Address("file", "books/강의.pdf"), Address("file", "books/former.pdf")
TONE, TOOL = Address("instructions", "tone"), Address("tool", "look-up")


def resource(address: Address, type_: str, *needs: Address, sources: tuple[Address, ...] = ()) -> Resource:
    digests = {str(source): "digest" for source in sources}
    return Resource(address, type_, {"name": "x", "ids": [Ref(need) for need in needs]}, sources=digests)


def record(address: Address, type_: str, *needs: Address, sources: tuple[str, ...] = ()) -> Record:
    digests = dict.fromkeys(sources, "digest")
    return Record(address, type_, f"id-{address}", {"name": "x"}, needs=tuple(map(str, needs)), sources=digests)


def plan(resources: list[Resource], records: list[Record], *only: Address) -> Plan:
    state = State("lineage", records={each.address: each for each in records})
    return make_plan(resources, state, Actual(refreshed=False), Scope(only=only))


def test_what_is_declared_needs_what_its_inputs_name_and_what_went_into_it() -> None:
    declared = [
        resource(TUTOR, "definition", STORE, sources=(TOOL, TONE)),
        resource(STORE, "vector_store", BOOK),
        resource(BOOK, "file"),
    ]
    assert dict(plan(declared, []).needs) == {TUTOR: (TONE, TOOL, STORE), BOOK: (), STORE: (BOOK,)}


def test_what_leaves_needs_what_is_recorded() -> None:
    records = [
        record(READER, "definition", OLD, sources=(str(TONE), "no address")),
        record(OLD, "vector_store", FORMER),
        record(FORMER, "file"),
    ]
    assert dict(plan([], records).needs) == {READER: (TONE, OLD), FORMER: (), OLD: (FORMER,)}


def test_what_stays_is_linked_to_what_leaves_it() -> None:
    declared = [resource(STORE, "vector_store", BOOK), resource(BOOK, "file")]
    records = [record(STORE, "vector_store", BOOK, FORMER), record(BOOK, "file"), record(FORMER, "file")]
    assert plan(declared, records).needs[STORE] == (FORMER, BOOK)


def test_only_what_was_chosen_is_in_it() -> None:
    declared = [resource(TUTOR, "definition", STORE), resource(STORE, "vector_store"), resource(READER, "definition")]
    assert dict(plan(declared, [], TUTOR).needs) == {TUTOR: (STORE,), STORE: ()}


def test_a_plan_file_keeps_it_and_without_it_is_refused() -> None:
    declared = [resource(STORE, "vector_store", BOOK), resource(BOOK, "file")]
    made = plan([resource(TUTOR, "definition", STORE, sources=(TONE,)), *declared], [])
    text = planfile.dump(planfile.Reviewed(1.0, "p", "e", "a", None, (), made))
    assert planfile.parse(text, "plan").plan.needs == made.needs
    body = json.loads(text)
    less = {name: value for name, value in body.items() if name not in ("needs", "digest")}
    with pytest.raises(StateError, match="fields are missing or unknown: needs"):
        planfile.parse(json.dumps({**less, "digest": digest(less)}), "plan")
