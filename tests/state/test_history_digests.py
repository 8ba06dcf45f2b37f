"""The newest state is compared with its copy in the history without reading the whole copy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provisioner.core.address import Address
from provisioner.engine.continuity import examine
from provisioner.state.backends import LocalBackend
from provisioner.state.parsing import BEGINNING_BYTES, find_digest
from provisioner.state.records import Record, State, dump_bytes

ACCOUNT = "https://api.openai.com/v1"
IO = Path("/proc/self/io")


def state_of_files(count: int, *, account: str = ACCOUNT) -> State:
    """A state with the records of `count` files."""
    inputs = {"bytes": 1, "filename": "a.md", "purpose": "assistants", "sha256": "0" * 64}
    addresses = [Address("file", f"books/{number}.md") for number in range(count)]
    records = {each: Record(each, "file", f"file-{number}", inputs) for number, each in enumerate(addresses)}
    return State("one", 1, account=account, records=records)


def written(folder: Path, state: State) -> LocalBackend:
    """A backend in which `state` was written."""
    backend = LocalBackend(folder, "prod")
    backend.write(state)
    return backend


@pytest.mark.skipif(not os.path.exists(IO), reason="the read bytes are in /proc")
@pytest.mark.parametrize("count", [500, 1_000, 2_000])
def test_only_the_beginning_of_the_copy_is_read(tmp_path: Path, count: int) -> None:
    backend = written(tmp_path, state_of_files(count))
    state = backend.read()
    before = _bytes_read()
    found = examine(backend, state, [])
    read = _bytes_read() - before
    assert (found.latest, found.trouble, found.note) == (1, "", "")
    assert read < BEGINNING_BYTES + 4_096  # The count itself is read from a file.
    assert backend.state_path.stat().st_size > 5 * BEGINNING_BYTES


@pytest.mark.parametrize("count", [0, 2_000])
def test_another_content_with_its_own_digest_is_not_the_copy(tmp_path: Path, count: int) -> None:
    backend = written(tmp_path, state_of_files(count))
    backend.state_path.write_bytes(dump_bytes(state_of_files(count, account="https://example.org/v1")))
    state = backend.read()
    assert state is not None
    assert not state.edited
    assert "was changed outside of provision" in examine(backend, state, []).trouble


def test_a_changed_record_under_the_digest_of_the_copy_is_found(tmp_path: Path) -> None:
    backend = written(tmp_path, state_of_files(2_000))
    text = backend.state_path.read_bytes()
    backend.state_path.write_bytes(text.replace(b'"id": "file-7"', b'"id": "file-x"'))
    assert "is not as provision wrote it" in examine(backend, backend.read(), []).trouble


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"{}",
        b'{\n  "account": "a",\n  "environment": "prod"\n}\n',
        b'{\n  "account": "a",\n  "digest": "' + b"0" * 63 + b'",\n',
        b'{\n  "account": "a\\n  \\"digest\\": \\"' + b"0" * 64 + b'\\",\\n",\n  "environment"',
        b'{"account":"a","digest":"' + b"0" * 64 + b'","environment"',
    ],
)
def test_a_text_that_begins_otherwise_has_no_digest(beginning: bytes) -> None:
    assert find_digest(beginning) is None


def _bytes_read() -> int:
    """The number of bytes that this process has read from files."""
    fields = dict(line.split(": ") for line in IO.read_text(encoding="ascii").splitlines())
    return int(fields["rchar"])
