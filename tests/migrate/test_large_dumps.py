"""Dumps of 200 MB, each migrated by a command of its own: read as a stream, within 300 MB of memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from provisioner.manifest.loading import load
from tests.conftest import NOWHERE
from tests.warm.commands import WarmProvision

MEGABYTE = 1_000_000
SIZE = 200 * MEGABYTE
MOST_MEMORY = 300 * MEGABYTE
#: Runs a command, and prints its peak of memory in bytes. The command is a child of a small process, because the peak
#: of a process is at least the memory of the process that started it.
MEASURED = (
    "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:]).returncode; "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024); sys.exit(code)"
)


def assistant(number: int, instructions: str) -> dict[str, Any]:
    return {
        "id": f"asst_{number}",
        "object": "assistant",
        "name": f"Tutor {number}",
        "model": "gpt-4o",
        "instructions": f"You are tutor {number}.\n{instructions}",
        "tools": [{"type": "code_interpreter"}],
    }


def message(number: int) -> dict[str, Any]:
    text = {"type": "text", "text": {"value": f"Answer {number}. " * 500, "annotations": []}}
    return {"id": f"msg_{number}", "object": "thread.message", "content": [text]}


def members() -> Iterator[dict[str, Any]]:
    for number in range(10_000_000):
        yield {
            "id": f"file-{number:06}",
            "object": "vector_store.file",
            "vector_store_id": "vs_1",
            "attributes": {"path": f"books/chapter {number:06}.md", "sha256": f"{number:064x}", "year": 1999},
            "chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 800}},
        }


def write_page(path: Path, items: Iterator[dict[str, Any]]) -> None:
    """Writes one page of objects that is SIZE bytes large, or larger by one object."""
    with path.open("w", encoding="utf-8") as out:
        written = out.write('{"object": "list", "data": [')
        for index, item in enumerate(items):
            written += out.write(f"{', ' if index else ''}{json.dumps(item)}")
            if written >= SIZE:
                break
        out.write("]}")
    assert path.stat().st_size >= SIZE


def migrate(provision: WarmProvision, dump: Path, folder: Path) -> tuple[int, str, int]:
    """The exit code of the command, its errors, and its peak of memory in bytes."""
    command = provision.command("migrate", dump, folder, "--target", "assistants")
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, *command],
        cwd=dump.parent,
        env=provision.environment(NOWHERE, {}),
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    return ended.returncode, ended.stderr, int(ended.stdout.splitlines()[-1])


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_a_dump_with_much_that_is_left_out_is_migrated(provision: WarmProvision, tmp_path: Path) -> None:
    def items() -> Iterator[dict[str, Any]]:
        yield from (assistant(number, "Teach. " * 500) for number in range(200))
        yield from map(message, range(10_000_000))

    write_page(tmp_path / "dump.json", items())
    code, errors, peak = migrate(provision, tmp_path / "dump.json", tmp_path / "manifests")
    assert code == 0, errors
    assert peak < MOST_MEMORY
    assert len([each for each in load(tmp_path / "manifests").resources if each.type == "assistant"]) == 200


@pytest.mark.thorough
@pytest.mark.timeout(900)
def test_a_dump_with_many_copies_of_an_object_is_migrated(provision: WarmProvision, tmp_path: Path) -> None:
    copies = (assistant(number, "Teach. " * 5_000) for number in cycle(range(20)))
    write_page(tmp_path / "dump.json", copies)
    code, errors, peak = migrate(provision, tmp_path / "dump.json", tmp_path / "manifests")
    assert code == 0, errors
    assert peak < MOST_MEMORY
    assert len([each for each in load(tmp_path / "manifests").resources if each.type == "assistant"]) == 20


def distinct() -> Iterator[dict[str, Any]]:
    return (assistant(number, f"Teach {number}. " * 2_000) for number in range(10_000_000))


@pytest.mark.thorough
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("items", "limit"), [(distinct, "take more than 32 MB"), (members, "have more than 500,000 values")]
)
def test_a_dump_that_no_manifests_can_hold_is_refused(
    items: Any, limit: str, provision: WarmProvision, tmp_path: Path
) -> None:
    write_page(tmp_path / "dump.json", items())
    code, errors, peak = migrate(provision, tmp_path / "dump.json", tmp_path / "manifests")
    assert code == 1
    assert peak < MOST_MEMORY
    assert (
        f"dump.json:1:1: error: the objects up to here {limit}, the most that the manifests of one project hold"
        in errors
    )
    assert "split the sources, and migrate each part to the folder of a project of its own" in errors
    assert not (tmp_path / "manifests").exists()
