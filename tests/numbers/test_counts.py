"""How many calls a run makes. Counted on the emulator's log, through the command line, as a user would cause them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conftest import Emulators, Finished, Provision, WriteProject

WRITES = ("POST", "DELETE")


def settings(target: str = "responses") -> dict[str, str]:
    return {"provision.yaml": f"project: counts\ntarget: {target}\ndefaults: {{model: gpt-6-luna}}\n"}


def stores(count: int, files: int) -> dict[str, str]:
    """Manifests of `count` stores, each over a folder of `files` files of a few bytes."""
    lines = ["vector_stores:", *(f"  s{store}: {{files: [books/{store}/*.md]}}" for store in range(count))]
    books = {f"books/{store}/{file}.md": f"{store}/{file}\n" for store in range(count) for file in range(files)}
    return {"stores.yaml": "\n".join(lines) + "\n", **books}


def assistants(count: int, stores: int) -> dict[str, str]:
    """Manifests of `count` assistants, each searching one of the stores."""
    lines = ["assistants:"]
    for each in range(count):
        search = f"{{type: file_search, vector_stores: [s{each % stores}]}}"
        lines.append(f"  a{each}: {{instructions: Answer from book {each}., tools: [{search}]}}")
    return {"assistants.yaml": "\n".join(lines) + "\n"}


def writes(finished: Finished) -> int:
    return sum(request.method in WRITES for request in finished.requests)


def state_bytes(root: Path) -> bytes:
    return (root / "state" / "default.json").read_bytes()


def succeed(finished: Iterable[Finished]) -> None:
    for each in finished:
        assert each.code == 0, each.stderr


@pytest.mark.thorough
def test_two_thousand_files_in_a_hundred_stores_for_two_hundred_assistants(
    project: WriteProject, provision: Provision
) -> None:
    root = project({**settings("assistants"), **stores(100, 20), **assistants(200, 100)})

    first = provision("apply", "--yes")
    after_first = state_bytes(root)
    plan = provision("plan", "--detailed-exitcode")
    second = provision("apply", "--yes")

    succeed((first, plan, second))
    assert first.count("POST", "/v1/files") == 2_000
    assert len(plan.requests) <= 130
    assert writes(plan) == 0
    assert writes(second) == 0
    assert state_bytes(root) == after_first


@pytest.mark.thorough
def test_a_thousand_files_in_twenty_stores_take_few_other_writes(project: WriteProject, provision: Provision) -> None:
    project({**settings(), **stores(20, 50)})

    applied = provision("apply", "--yes")

    succeed((applied,))
    uploads = applied.count("POST", "/v1/files")
    assert uploads == 1_000
    assert writes(applied) - uploads <= 60


def test_one_file_in_ten_stores_is_uploaded_once(project: WriteProject, provision: Provision) -> None:
    lines = ["vector_stores:", *(f"  s{store}: {{files: [book.md]}}" for store in range(10))]
    project({**settings(), "stores.yaml": "\n".join(lines) + "\n", "book.md": "To be, or not to be\n"})

    applied = provision("apply", "--yes")

    succeed((applied,))
    assert applied.count("POST", "/v1/files") == 1
    assert applied.count("POST", "/v1/vector_stores") == 10


@pytest.mark.thorough
def test_a_plan_that_finds_its_objects_on_the_first_pages_reads_no_more(
    project: WriteProject, provision: Provision, emulator: Emulators
) -> None:
    project({**settings(), **stores(1, 3)})
    client = emulator().client()
    for number in range(105):
        client.vector_stores.create(name=f"somebody else's {number}")

    applied = provision("apply", "--yes")
    plan = provision("plan")

    succeed((applied, plan))
    assert plan.count("GET", "/v1/vector_stores") == 1
    assert plan.count("GET", "/v1/vector_stores/*/files") == 1
    assert len(plan.requests) == 3


@pytest.mark.thorough
def test_without_refresh_a_plan_calls_nothing(project: WriteProject, provision: Provision) -> None:
    project({**settings("assistants"), **stores(2, 2), **assistants(2, 2)})

    applied = provision("apply", "--yes")
    plan = provision("plan", "--no-refresh", "--detailed-exitcode")

    succeed((applied, plan))
    assert plan.requests == ()


@pytest.mark.thorough
def test_one_edited_instruction_is_one_write(project: WriteProject, provision: Provision) -> None:
    project({**settings("assistants"), **stores(1, 2), **assistants(3, 1)})
    succeed((provision("apply", "--yes"),))
    project({"assistants.yaml": assistants(3, 1)["assistants.yaml"].replace("book 1.", "page 1.")})

    applied = provision("apply", "--yes")

    succeed((applied,))
    assert writes(applied) == applied.count("POST", "/v1/assistants/*") == 1
