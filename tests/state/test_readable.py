"""What is written can be read again, whatever a server has answered: nothing else takes the place of a state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.cli.state_transfer import read_serial
from provisioner.core.address import Address
from provisioner.core.errors import StateError, UsageError
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Delta, End, Opening
from provisioner.state.parsing import parse
from provisioner.state.records import Origin, Record, State, dump
from provisioner.state.shape import MOST_OF_SERIALS, read_serials

ODD = (True, -5, 2**60, 10**300, 0.5, "5", None, [5])


def uploaded(**echo: Any) -> Record:
    """The record of a file of which a server shows this."""
    upload = {"filename": "a.txt", "purpose": "assistants", "bytes": 5, "sha256": "0" * 64}
    return Record(Address("file", "a.txt"), "file", "file-1", upload, {"filename": "a.txt", **echo}, operation="op_1")


def state_with(record: Record) -> State:
    state = State.new(account="https://api.openai.com/v1", project="p", environment="default")
    return replace(state, serial=1, records={record.address: record}, origins={"file-0": Origin.of(record)})


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("name", ["bytes", "created_at"])
def test_a_number_that_no_origin_may_hold_is_not_recorded(name: str, odd: Any) -> None:
    origin = Origin.of(uploaded(**{name: odd}))
    assert getattr(origin, name) is None
    state = state_with(uploaded(**{name: odd}))
    assert parse(dump(state), "state.json") == state


def test_a_whole_number_that_a_server_writes_as_a_float_is_recorded() -> None:
    assert Origin.of(uploaded(bytes=5.0)) == Origin("op_1", "a.txt", 5)


@pytest.mark.parametrize(
    "record",
    [
        uploaded(n=10**400),
        uploaded(n=float("nan")),
        replace(uploaded(), id="../files"),
        replace(uploaded(), inputs={**uploaded().inputs, "bytes": 2**60}),
        replace(uploaded(), echo={"metadata": []}),
    ],
)
def test_a_state_that_could_not_be_read_takes_no_place(tmp_path: Path, record: Record) -> None:
    backend = LocalBackend(tmp_path, "default")
    with backend.lock("apply"):
        backend.write(state_with(uploaded()))
        before = backend.state_path.read_bytes()
        with pytest.raises(StateError, match="could not be read again"):
            backend.write(replace(state_with(record), serial=2))
        assert backend.state_path.read_bytes() == before
        journal = backend.open_journal(Opening("l", 1, "a", "p", "default", 0.0))
        with pytest.raises(StateError, match="could not be read again"):
            journal.append(End("op_1", Delta(record=record)))
        journal.close()
        assert len(backend.read_journal()) == 1


@pytest.mark.parametrize("name", ["9" * 240, str(2**53), str(2**53 - 1), str(MOST_OF_SERIALS), "٣", "1.5", "-1", ""])
def test_a_name_that_no_serial_can_be_is_no_state(tmp_path: Path, name: str) -> None:
    backend = LocalBackend(tmp_path, "default")
    backend.write(state_with(uploaded()))
    (tmp_path / "default.history").mkdir(exist_ok=True)
    (tmp_path / "default.history" / f"{name}.json").write_text("{}", encoding="utf-8")
    assert read_serials([name]) == []
    assert max(backend.history(), default=0) <= 1
    state = state_with(uploaded())
    backend.write(state.after(state, latest=max(backend.history(), default=0)))
    found = backend.read()
    assert found is not None
    assert found.serial == 2


@pytest.mark.parametrize("text", ["9" * 5_000, "٣", "²", "1.5", "-1", ""])
def test_a_serial_that_cannot_be_one_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no serial"):
        read_serial(text)
