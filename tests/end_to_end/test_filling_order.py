"""The order of the calls that fill vector stores: waits for indexing overlap, and full batches are attached early."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import Emulators, WriteProject
from tests.end_to_end.steps import apply, assert_settled
from tests.warm.commands import WarmProvision

#: Milliseconds that are longer than all calls between the first and the last request to attach files.
INDEXING_MS = 3000


def library(stores: int, files: int) -> dict[str, str]:
    """A project with stores of so many small files, and an assistant for each store."""
    lines = ["vector_stores:", *(f"  s{store}: {{files: ['s{store}/*.txt']}}" for store in range(stores))]
    lines.append("assistants:")
    for store in range(stores):
        tool = f"{{type: file_search, vector_stores: [s{store}]}}"
        lines.append(f"  a{store}: {{instructions: Read., tools: [{tool}]}}")
    contents = {f"s{store}/{file}.txt": f"{store} {file}" for store in range(stores) for file in range(files)}
    return {"library.yaml": "\n".join(lines) + "\n", **contents}


def calls(requests: list[str], pattern: str) -> list[int]:
    """The positions of the requests that match a pattern."""
    return [position for position, each in enumerate(requests) if re.fullmatch(pattern, each)]


def test_one_worker_fills_all_stores_while_the_first_is_indexed(
    provision: WarmProvision, project: WriteProject, emulator: Emulators
) -> None:
    project(library(2, 1))
    emulator(indexing_ms=INDEXING_MS)
    ended = apply(provision, "--parallelism", "1")
    requests = [f"{each.method} {each.path}" for each in ended.requests]
    attached = calls(requests, r"POST /v1/vector_stores/[^/]+/file_batches")
    polls = calls(requests, r"GET /v1/vector_stores/[^/]+/files")
    assert len(attached) == 2
    first = requests[attached[0]].split("/")[3]
    assert max(position for position in polls if f"/{first}/" in requests[position]) > attached[-1]


def test_a_store_is_attached_before_the_files_of_the_next_are_uploaded(
    provision: WarmProvision, project: WriteProject, emulator: Emulators
) -> None:
    project(library(3, 4))
    emulator()
    ended = apply(provision, "--parallelism", "1")
    requests = [f"{each.method} {each.path}" for each in ended.requests]
    kinds = {r"POST /v1/files": "upload", r"POST /v1/vector_stores": "make", r"POST /v1/.*/file_batches": "attach"}
    order = [kind for each in requests for pattern, kind in kinds.items() if re.fullmatch(pattern, each)]
    assert order == ["make", *["upload"] * 4, "attach"] * 3


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_a_large_store_is_attached_in_full_batches_while_files_are_uploaded(
    provision: WarmProvision, project: WriteProject, emulator: Emulators
) -> None:
    project(library(1, 1100))
    emulator()
    ended = apply(provision)
    requests = [f"{each.method} {each.path}" for each in ended.requests]
    attached = calls(requests, r"POST /v1/vector_stores/[^/]+/file_batches")
    uploads = calls(requests, r"POST /v1/files")
    assert (len(uploads), len(attached)) == (1100, 3)
    assert attached[0] < uploads[600]
    assert attached[1] < uploads[1080]


@pytest.mark.thorough
@pytest.mark.timeout(600)
def test_files_that_were_attached_early_are_recorded_if_another_file_fails(
    provision: WarmProvision, project: WriteProject, emulator: Emulators
) -> None:
    """One of the last uploads fails: the store keeps the full batch, and the next apply attaches the rest at once."""
    project(library(1, 600))
    emulator(fail=("POST /files 400 after=590 times=1",))
    ended = provision("apply", "--yes", "--parallelism", "4")
    assert ended.code == 1
    requests = [f"{each.method} {each.path}" for each in ended.requests]
    assert len(calls(requests, r"POST /v1/vector_stores/[^/]+/file_batches")) == 1
    assert "created, but its files are not attached: it needs file[" in ended.stdout
    assert not list(Path().glob("state/*.journal"))
    healed = provision("apply", "--yes")
    assert healed.code == 0, healed.stdout + healed.stderr
    requests = [f"{each.method} {each.path}" for each in healed.requests if each.method != "GET"]
    assert len(calls(requests, r"POST /v1/vector_stores/[^/]+/file_batches")) == 1
    assert len(calls(requests, r"POST /v1/files")) == 1
    assert not calls(requests, r"POST /v1/vector_stores/[^/]+/files/.*")
    assert_settled(provision)
