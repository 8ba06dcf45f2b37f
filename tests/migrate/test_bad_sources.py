"""Sources that cannot be read, or are large: each with its place, and what to do."""

from __future__ import annotations

import io
import json
import tracemalloc
from pathlib import Path

import pytest

from provisioner.core.errors import InvalidManifest, UsageError, diagnose
from provisioner.manifest.limits import ALL_BYTES
from provisioner.manifest.migration.decoding import Utf8Stream
from provisioner.manifest.migration.json_source import JsonReader
from provisioner.manifest.migration.migrating import migrate
from provisioner.manifest.migration.reading import Kept, Reading

ASSISTANT = {"id": "asst_1", "object": "assistant", "name": "A", "model": "gpt-4o"}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b"", "it is empty"),
        ("a.json", b'{"id": "asst_1", "obj', "cut off"),
        ("a.json", b'{"id": "asst_1",}', "not JSON"),
        ("a.json", "{}".encode("utf-16-le"), "byte-order mark"),
        ("a.json", b'{"a": "\xff"}', "not utf-8"),
        ("a.txt", b"\x00\x01binary", "no text"),
        ("a.txt", b"Nothing is created here.", "no assistant, agent"),
        ("a.py", b"def f(:\n", "not Python"),
        ("a.ts", b"const = = ;;; }", "no TypeScript"),
        ("a.tf", b"resource {{{", "terraform validate"),
        ("a.yaml", b"a: [b", "a.yaml"),
    ],
)
def test_a_source_that_cannot_be_read(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidManifest) as refused:
        migrate([tmp_path / name], tmp_path / "manifests", "responses")
    [problem, *_] = diagnose(refused.value)
    assert problem.severity == "error"
    assert problem.place is not None
    assert message in str(problem)
    assert not (tmp_path / "manifests").exists()


def test_a_source_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no"):
        migrate([tmp_path / "nothing"], tmp_path / "manifests", "responses")


def test_a_dump_is_read_as_a_stream(tmp_path: Path) -> None:
    message = json.dumps({"id": "msg_1", "object": "thread.message", "content": "x" * 10_000})
    path = tmp_path / "dump.json"
    path.write_text(f"[{','.join([message] * 1_200)},{json.dumps(ASSISTANT)}]", encoding="utf-8")
    migrate([path], tmp_path / "manifests", "responses")  # Modules are loaded before memory is measured.
    tracemalloc.start()
    try:
        made = migrate([path], tmp_path / "manifests", "responses")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [each.id for each in made.objects] == ["asst_1"]
    assert peak < path.stat().st_size / 3


def assistants(count: int) -> bytes:
    made = [{**ASSISTANT, "id": f"asst_{number}", "instructions": f"Teach {number}. " * 20} for number in range(count)]
    return json.dumps(made).encode()


def test_a_dump_of_many_assistants_takes_no_more_memory_than_manifests_may_hold() -> None:
    def measure(count: int) -> tuple[int, list[str]]:
        reading = Reading("dump.json", kept=Kept(most_values=5_000))
        stream = Utf8Stream(io.BytesIO(assistants(count)))
        tracemalloc.start()
        try:
            JsonReader(reading).read(stream)
            return tracemalloc.get_traced_memory()[1], [each.message for each in reading.problems]
        finally:
            tracemalloc.stop()

    measure(10)
    once, [message] = measure(3_000)
    twice, _ = measure(6_000)
    assert "the objects up to here have more than 5,000 values" in message
    assert twice < once * 1.2


def test_a_dump_with_copies_of_its_objects_takes_the_memory_of_one_copy(tmp_path: Path) -> None:
    copies = [{**json.loads(assistants(1))[0], "id": f"asst_{number % 3}"} for number in range(3_000)]
    path = tmp_path / "dump.jsonl"
    path.write_text("\n".join(map(json.dumps, copies)), encoding="utf-8")
    reading = Reading("dump.jsonl", kept=Kept(most_values=100))
    with path.open("rb") as source:
        JsonReader(reading).read(Utf8Stream(source))
    assert not reading.problems
    assert [each.id for each in reading.found] == ["asst_0", "asst_1", "asst_2"]


def test_members_of_stores_count_as_what_manifests_hold() -> None:
    fields = {"object": "vector_store.file", "vector_store_id": "vs_1", "attributes": {"a": 1, "b": 2}}
    members = [{**fields, "id": f"file-{number}"} for number in range(1_000)]
    reading = Reading("dump.json", kept=Kept(most_values=5_000))
    JsonReader(reading).read(Utf8Stream(io.BytesIO(json.dumps(members).encode())))
    assert ["have more than 5,000 values" in each.message for each in reading.problems] == [True]


@pytest.mark.thorough
def test_the_objects_of_all_sources_together_are_limited(tmp_path: Path) -> None:
    (tmp_path / "dumps").mkdir()
    for name in ("a", "b", "c"):
        text = assistants(2).replace(b"asst_", f"asst_{name}".encode())
        (tmp_path / f"dumps/{name}.json").write_bytes(text.replace(b"Teach", b"x" * (ALL_BYTES // 60)))
    with pytest.raises(InvalidManifest) as refused:
        migrate([tmp_path / "dumps"], tmp_path / "manifests", "responses")
    [problem] = refused.value.diagnostics
    assert "b.json" in str(problem.place)
    assert "the objects up to here take more than 32 MB" in problem.message
