"""A plan of twice the size takes twice the steps: nothing that is compared grows faster than the resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.addresschanges import AddressChanges, Removal
from provisioner.core.resource import Lifecycle, Ref, Resource
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.diff import Actual, Scope, make_plan
from provisioner.planning.plan import Plan
from provisioner.state.records import Record, State
from tests.interpreter_steps import assert_linear

STORE = Address("vector_store", "library")
CHUNKING = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
World = tuple[list[Resource], State, Actual]


def file_address(number: int) -> Address:
    return Address("file", f"books/{number}.md")


def upload(number: int, content: str = "") -> dict[str, Any]:
    return {"sha256": content or f"{number:064x}", "purpose": "assistants", "bytes": 1, "filename": f"{number}.md"}


def member(number: int) -> dict[str, Any]:
    return {"file_id": f"file-{number}", "attributes": {"path": f"books/{number}.md"}}


def member_echo(number: int, **attributes: str) -> dict[str, Any]:
    return {"attributes": {"path": f"books/{number}.md", **attributes}, "chunking_strategy": CHUNKING}


def world(size: int) -> World:
    """One store with `size` files, and as many assistants that search in it. All is as declared and recorded."""
    resources, records, live = [], {}, {}
    for number in range(size):
        address, inputs = file_address(number), upload(number)
        resources.append(Resource(address, "file", inputs))
        shown = {name: inputs[name] for name in ("filename", "bytes", "purpose")}
        records[address] = Record(address, "file", f"file-{number}", inputs, shown)
        live[address] = Live(f"file-{number}", shown)
    declared = {
        str(file_address(number)): {**member(number), "file_id": Ref(file_address(number))} for number in range(size)
    }
    recorded = {str(file_address(number)): member(number) for number in range(size)}
    echo = {"name": None, "files": {f"file-{number}": member_echo(number) for number in range(size)}}
    resources.append(Resource(STORE, "vector_store", {"files": declared}))
    needs = tuple(sorted(str(file_address(number)) for number in range(size)))
    records[STORE] = Record(STORE, "vector_store", "vs_1", {"files": recorded}, echo, needs)
    live[STORE] = Live("vs_1", echo)
    for number in range(size):
        address = Address("assistant", f"a{number}")
        search = {"type": "file_search", "vector_store_ids": [Ref(STORE)]}
        resources.append(Resource(address, "assistant", {"model": "gpt-6-luna", "tools": [search]}))
        inputs = {"model": "gpt-6-luna", "tools": [{**search, "vector_store_ids": ["vs_1"]}]}
        records[address] = Record(address, "assistant", f"asst_{number}", inputs, inputs, (str(STORE),))
        live[address] = Live(f"asst_{number}", inputs)
    return resources, State("lineage", records=records), Actual(live)


def with_files(actual: Actual, files: Mapping[str, Any]) -> Actual:
    store = actual.live[STORE]
    return replace(actual, live={**actual.live, STORE: replace(store, fields={**store.fields, "files": files})})


def unchanged(size: int) -> World:
    return world(size)


def redescribed_by_others(size: int) -> World:
    resources, state, actual = world(size)
    return resources, state, with_files(actual, {f"file-{each}": member_echo(each, theirs="x") for each in range(size)})


def detached_by_others(size: int) -> World:
    resources, state, actual = world(size)
    return resources, state, with_files(actual, {})


def attached_by_others(size: int) -> World:
    resources, state, actual = world(size)
    theirs = {f"file-theirs{each}": member_echo(each) for each in range(size)}
    return resources, state, with_files(actual, {**actual.live[STORE].fields["files"], **theirs})


def exclusive(size: int) -> World:
    resources, state, actual = attached_by_others(size)
    strict = Lifecycle(exclusive=True)
    return [replace(each, lifecycle=strict) if each.address == STORE else each for each in resources], state, actual


def new_content(size: int) -> World:
    resources, state, actual = world(size)
    return (
        [
            replace(each, inputs={**each.inputs, "sha256": each.inputs["sha256"][::-1] + "x"})
            if each.type == "file"
            else each
            for each in resources
        ],
        state,
        actual,
    )


def all_new(size: int) -> World:
    return world(size)[0], State("lineage"), Actual()


def all_leaving(size: int) -> World:
    _, state, actual = world(size)
    return [], state, actual


def moved_twins(size: int) -> World:
    """All files have the same content, and all have new paths."""
    _, state, actual = world(size)
    records = {
        address: replace(record, inputs=upload(0)) if record.type == "file" else record
        for address, record in state.records.items()
    }
    files = [Resource(Address("file", f"new/{number}.md"), "file", upload(0)) for number in range(size)]
    return files, replace(state, records=records), actual


def vanished(size: int) -> World:
    resources, state, _ = world(size)
    return resources, state, Actual()


WORLDS = (
    *(unchanged, redescribed_by_others, detached_by_others, attached_by_others, exclusive, new_content, all_new),
    *(all_leaving, moved_twins, vanished),
)


@pytest.mark.parametrize("make", WORLDS, ids=lambda make: make.__name__)
def test_a_plan_of_twice_the_size_takes_twice_the_steps(make: Callable[[int], World]) -> None:
    def prepare(size: int) -> Callable[[], Plan]:
        resources, state, actual = make(size)
        return lambda: make_plan(resources, state, actual)

    assert_linear(prepare)


def test_a_plan_for_one_of_many_leaving_resources_takes_as_many_steps_as_there_are_resources() -> None:
    def prepare(size: int) -> Callable[[], Plan]:
        _, state, actual = world(size)
        files = [file_address(number) for number in range(size)]
        return lambda: make_plan([], state, actual, Scope(only=files, alone=True))

    assert_linear(prepare)


def test_forgetting_many_by_entries_takes_as_many_steps_as_there_are_entries() -> None:
    def prepare(size: int) -> Callable[[], Plan]:
        _, state, actual = world(size)
        changes = AddressChanges(removals={address: Removal(address, destroy=False) for address in state.records})
        return lambda: make_plan([], state, actual, changes=changes)

    assert_linear(prepare)
