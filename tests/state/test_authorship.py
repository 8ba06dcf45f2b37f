"""Each state says who wrote it, when and with what; the history lists it, and older entries show what is known."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.authorship import Authorship
from provisioner.core.diagnostic import Diagnostic
from provisioner.core.errors import TornState
from provisioner.engine import state_transfer
from provisioner.engine.continuity import examine
from provisioner.engine.signing import count, sign
from provisioner.planning.plan import Action, Change, Outcome
from provisioner.review.render.state_text import history_json, history_text
from provisioner.state.backends.holder import describe_owner
from provisioner.state.backends.local import LocalBackend
from provisioner.state.parsing import parse
from provisioner.state.records import Record, State, content_digest, dump
from provisioner.state.sealing import UNSEALED, Seal

RECORD = Record(Address("vector_store", "notes"), "vector_store", "vs_1", {"name": "notes"})
STATE = State("lineage", 1, "https://api.openai.com/v1", "test", "default", {RECORD.address: RECORD})
BY_ANN = Authorship(1795657200, "ann@laptop", "apply", {"create": 2, "failed": 1})


def listed(backend: LocalBackend) -> list[str]:
    found = state_transfer.list_history(backend)
    return history_text([(each.serial, each.written, each.objects, each.trouble) for each in found]).splitlines()


def test_who_is_the_owner_that_a_lock_names(tmp_path: Path) -> None:
    with LocalBackend(tmp_path, "default").lock("apply"):
        owner = LocalBackend(tmp_path, "default").holder()
    assert owner is not None
    assert describe_owner() == f"{owner.user}@{owner.host}"
    written = sign(STATE, "apply").written
    assert written is not None
    assert written.who == describe_owner()


def test_what_is_the_outcome() -> None:
    made = [Change(RECORD.address, action, "vector_store") for action in (Action.CREATE, Action.CREATE, Action.DELETE)]
    outcome = Outcome(made, failed={"a": Diagnostic("error", "no")}, skipped={"b": "no", "c": "no"}, interrupted=True)
    assert count(outcome) == {"create": 2, "delete": 1, "failed": 1, "skipped": 2, "interrupted": 1}


def test_versions_that_know_no_author_read_the_state_and_go_on_from_it() -> None:
    """They check the digest over the whole text, and compute `previous` from what they know."""
    signed = replace(STATE, written=BY_ANN)
    body = json.loads(dump(signed))
    assert body["written"] == {
        "time": 1795657200,
        "who": "ann@laptop",
        "command": "apply",
        "counts": {"create": 2, "failed": 1},
    }
    assert parse(dump(signed), "it").written == BY_ANN
    assert not parse(dump(signed), "it").edited
    assert content_digest(signed) == content_digest(STATE)
    assert STATE.same_content(signed)


def test_an_edited_author_breaks_the_digest() -> None:
    text = dump(replace(STATE, written=BY_ANN))
    assert parse(text.replace("ann@laptop", "eve@laptop"), "it").edited


@pytest.mark.parametrize(
    "written",
    [None, 1, [], {}, {"time": "now", "who": "a", "command": "b"}, {"time": 1, "who": 2, "command": "b"},
     {"time": 1, "who": "a", "command": "b", "counts": {"create": "2"}}, {"time": True, "who": "a", "command": "b"}],
)  # fmt: skip
def test_an_author_of_another_shape_is_a_torn_state(written: object) -> None:
    body = json.loads(dump(STATE)) | {"written": written}
    with pytest.raises(TornState):
        parse(json.dumps(body), "it")


def test_older_entries_show_what_is_known(tmp_path: Path) -> None:
    backend = LocalBackend(tmp_path, "default")
    backend.write(STATE)
    backend.write(replace(STATE.after(STATE), written=BY_ANN))
    backend.write(replace(STATE.after(STATE, latest=2), records={}))
    assert listed(backend) == [
        "1  -                     -           records 1 object",
        "2  2026-11-26 01:40 UTC  ann@laptop  apply: 2 create, 1 failed",
        "3  -                     -           records 0 objects",
    ]
    assert examine(backend, backend.read(), ()).trouble == ""


def test_what_cannot_be_read_is_listed_all_the_same(tmp_path: Path) -> None:
    sealed = LocalBackend(tmp_path, "default", seal=Seal("the key of the team"))
    sealed.write(replace(STATE, written=BY_ANN))
    assert listed(sealed)[0].endswith("ann@laptop  apply: 2 create, 1 failed")
    (sealed.history_path / "2.json").write_text("{", encoding="utf-8")
    (sealed.history_path / "3.json").write_text('{"format": 99}', encoding="utf-8")
    shown = listed(dataclasses.replace(sealed, seal=UNSEALED))
    assert [line.split("  ", 3)[-1].strip(" -") for line in shown] == [
        "encrypted, and none of the configured keys opens it",
        "damaged",
        "written by a newer version",
    ]


@pytest.mark.parametrize("command", ["state restore 1", "state push", "state reseal"])
def test_each_command_signs_what_it_writes_and_takes_no_authors_name_over(tmp_path: Path, command: str) -> None:
    backend = LocalBackend(tmp_path, "default")
    backend.write(replace(STATE, written=BY_ANN))
    if command == "state push":
        state_transfer.push(backend, dump(replace(STATE, serial=2, written=BY_ANN)), "it")
    elif command == "state reseal":
        state_transfer.reseal(backend)
    else:
        state_transfer.restore(backend, 1)
    *_, who, what = re.split("  +", listed(backend)[1])
    assert (who, what) == (describe_owner(), command)


def test_no_text_of_a_state_breaks_out_of_its_line() -> None:
    hostile = Authorship(1e300, "eve\n9  x\x1b[2J", "apply\u202e", {"create": 0, "interrupted": 1, "delete": 1})
    shown = history_text([(1, hostile, 3, ""), (22, None, 0, "")])
    assert shown.splitlines() == [
        r"1   9999-12-31 23:59 UTC  eve\n9  x\x1b[2J  apply\u202e: interrupted, 1 delete",
        "22  -                     -                 records 0 objects",
    ]
    assert history_json([(1, hostile, 3, "")])[0]["written"]["counts"] == {"interrupted": 1, "delete": 1}


def test_an_empty_history_says_so() -> None:
    assert history_text([]) == "No state is kept yet."
    assert history_json([]) == []
