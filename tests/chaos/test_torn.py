"""Writes that a crash cuts off, and files with any content: what was whole is read, what is not is named."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import ProvisionError, TornState
from provisioner.engine.guards import check_journal
from provisioner.planning import planfile
from provisioner.planning.plan import Action, Change, Plan
from provisioner.planning.reason import as_written
from provisioner.state.backends import LocalBackend
from provisioner.state.folding import fold
from provisioner.state.journal import Begin, Delta, End, Entry, Opening, deltas, open_operations
from provisioner.state.operations import Creating, Updating
from provisioner.state.parsing import parse
from provisioner.state.records import Record, Retired, State, digest, dump
from tests.chaos.tally import Tally
from tests.conftest import CHECKOUT

TUTOR = Address("assistant", "튜터")
RECORD = Record(TUTOR, "agent", "agent_1", {"instructions": 'Say "햄릿"\n'}, {"name": "튜터"}, operation="op_1")
ENTRIES: list[Entry] = [
    Opening("lineage", 1, "https://api.openai.com/v1", "library", "prod", 1.5),
    Begin("op_1", TUTOR, "agent", "digest", 2.5, Creating(replace(RECORD, id=""))),
    End("op_1", Delta(record=RECORD, retire=Retired(TUTOR, "agent", "agent_0", 3.0))),
    Begin("op_2", TUTOR, "agent", "digest", 4.0, Updating({"instructions": "Say."})),
    End("op_2"),
]
STATE = State("lineage", 1, "account", "library", "prod", {TUTOR: RECORD}, (Retired(TUTOR, "agent", "agent_0"),))


@pytest.fixture
def backend(tmp_path: Path) -> LocalBackend:
    return LocalBackend(tmp_path, "prod")


@pytest.mark.thorough
def test_a_journal_cut_off_at_every_byte_is_as_much_of_it_as_is_whole(backend: LocalBackend, tally: Tally) -> None:
    tally.begin("journals cut off at every byte", "local")
    backend.replace_journal(ENTRIES)
    data = backend.journal_path.read_bytes()
    for length in range(len(data) + 1):
        with tally.run(f"{length} bytes"):
            backend.journal_path.write_bytes(data[:length])
            found = backend.read_journal()
            assert found == ENTRIES[: data[:length].count(b"\n")]
            go_on(backend, found)


def go_on(backend: LocalBackend, found: list[Entry]) -> None:
    """The next run goes on where the whole lines end."""
    journal = backend.open_journal(Opening("lineage", 1, "", "", "", 9.0))
    journal.append(End("op_9"))
    journal.close()
    assert backend.read_journal()[-1] == End("op_9")
    assert backend.read_journal()[: len(found)] == found


WHEN = ("before", "after")
CRASH = """
import os, pathlib, signal, sys
from provisioner.state.backends import LocalBackend
from provisioner.state.journal import Opening
from provisioner.state.records import State

calls = 0

def dying(call):
    def counted(*arguments, **options):
        global calls
        calls += 1
        if calls == int(sys.argv[2]):
            if sys.argv[3] == "after":
                call(*arguments, **options)
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **options)
    return counted

for name in ("write", "fsync", "replace"):
    setattr(os, name, dying(getattr(os, name)))
backend = LocalBackend(pathlib.Path(sys.argv[1]), "prod")
if sys.argv[4] == "state":
    backend.write(State("lineage", 2, account="x" * 100_000))
else:
    backend.replace_journal([Opening("lineage", 2, "x" * 100_000, "", "", 2.0)])
"""
STEPS = {"journal": 4, "state": 8}
"""Calls that a write makes: the bytes of a temporary file, its flush, the rename, the folder's flush. A state's copy in
the history is written first, in the same way."""


@pytest.mark.thorough
@pytest.mark.parametrize("what", sorted(STEPS))
def test_a_write_killed_at_every_step_leaves_the_old_or_the_new(backend: LocalBackend, what: str, tally: Tally) -> None:
    tally.begin("writes killed at every step", "local")
    old = Opening("lineage", 1, "", "", "", 1.0)
    for step, when in tally.some([(step, when) for step in range(1, STEPS[what] + 1) for when in WHEN], 4):
        with tally.run(f"{when} step {step}"):
            backend.write(State("lineage", 1))
            backend.replace_journal([old])
            command = [sys.executable, "-c", CRASH, str(backend.folder), str(step), when, what]
            assert subprocess.run(command, cwd=CHECKOUT, check=False).returncode == -signal.SIGKILL
            state, opening = backend.read(), backend.read_journal()[0]
            assert isinstance(opening, Opening)
            assert state is not None
            renamed = (step, WHEN.index(when)) >= (STEPS[what] - 1, 1)
            new = {"state": state.serial, "journal": opening.serial}
            assert new == {"state": 1, "journal": 1, what: 1 + renamed}


# Files with any content

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def spoilt(draw: st.DrawFn, body: Any) -> Any:
    """A JSON value with one value in it, at any depth, replaced by another, or taken away."""
    if isinstance(body, dict) and body and draw(st.integers(0, 3)):
        key = draw(st.sampled_from(sorted(body)))
        rest = {name: value for name, value in body.items() if name != key}
        return rest if draw(st.integers(0, 5)) == 0 else {**rest, key: draw(spoilt(body[key]))}
    if isinstance(body, list) and body and draw(st.integers(0, 3)):
        place = draw(st.integers(0, len(body) - 1))
        return [*body[:place], draw(spoilt(body[place])), *body[place + 1 :]]
    return draw(json_values)


def assert_told(error: ProvisionError) -> None:
    """A message, and what to do."""
    assert error.message
    assert error.hint


@pytest.mark.thorough
@given(spoilt(json.loads(dump(STATE))))
@settings(max_examples=300)
def test_a_spoilt_state_is_read_or_named(body: Any) -> None:
    try:
        state = parse(json.dumps(body), "prod.json")
    except ProvisionError as error:
        assert_told(error)
    else:
        assert parse(dump(state), "again") == state or "NaN" in dump(state)


@pytest.mark.thorough
@given(st.lists(st.sampled_from([entry.to_json() for entry in ENTRIES]).flatmap(spoilt), max_size=4))
@settings(max_examples=300)
def test_a_spoilt_journal_is_read_or_named(bodies: list[Any]) -> None:
    lines = "".join(json.dumps(body) + "\n" for body in (ENTRIES[0].to_json(), *bodies))
    read_any_journal(lines.encode())


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_a_journal_of_any_bytes_is_read_or_named(data: bytes) -> None:
    read_any_journal(data)


def read_any_journal(data: bytes) -> None:
    """What is read of it can be used by everybody who asks."""
    with tempfile.TemporaryDirectory() as folder:
        backend = LocalBackend(Path(folder), "prod")
        backend.journal_path.write_bytes(data)
        try:
            entries = backend.read_journal()
            check_journal(entries, replace(STATE, lineage="lineage"))
        except ProvisionError as error:
            assert_told(error)
            return
    folded = fold(STATE, deltas(entries))
    assert parse(dump(folded), "folded").records.keys() == folded.records.keys()
    assert all(isinstance(begin.time, int | float) for begin in open_operations(entries))


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_a_state_of_any_bytes_is_named(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        backend = LocalBackend(Path(folder), "prod")
        backend.state_path.write_bytes(data)
        with pytest.raises(TornState) as caught:
            backend.read()
    assert_told(caught.value)


NEEDS = {TUTOR: (Address("file", "books/햄릿.pdf"), Address("vector_store", "hamlet"))}
PLAN = planfile.dump(
    planfile.Reviewed(
        created=1.0,
        project="library",
        environment="prod",
        account="account",
        lineage="lineage",
        only=("assistant.tutor",),
        plan=Plan(
            (Change(TUTOR, Action.CREATE, "agent", as_written("not there yet"), None, {"name": "튜터"}),), needs=NEEDS
        ),
        tree="0" * 64,
    )
)


@pytest.mark.thorough
@given(spoilt(json.loads(PLAN)))
@settings(max_examples=200)
def test_a_spoilt_plan_is_refused(body: Any) -> None:
    if body == json.loads(PLAN):
        return
    with pytest.raises(ProvisionError) as caught:
        planfile.parse(json.dumps(body), "reviewed.plan")
    assert_told(caught.value)


@pytest.mark.thorough
@given(spoilt({name: value for name, value in json.loads(PLAN).items() if name != "digest"}))
@settings(max_examples=200)
def test_a_plan_with_a_digest_that_fits_is_read_or_named(body: Any) -> None:
    """Whoever forges a digest may mislead, and still sees no traceback."""
    forged = {**body, "digest": digest(body)} if isinstance(body, dict) else body
    try:
        planfile.parse(json.dumps(forged), "reviewed.plan")
    except ProvisionError as error:
        assert_told(error)


@given(st.text(max_size=100))
@settings(max_examples=100)
def test_a_plan_of_any_text_is_named(text: str) -> None:
    with pytest.raises(ProvisionError) as caught:
        planfile.parse(text, "reviewed.plan")
    assert_told(caught.value)
