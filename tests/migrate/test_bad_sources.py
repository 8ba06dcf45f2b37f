"""Sources that cannot be read, or are large: each with its place, and what to do."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest

from provisioner.core.errors import InvalidManifest, UsageError, diagnose
from provisioner.manifest.migration.migrating import migrate

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
