"""Files that an earlier run attached and that are still being indexed: waited for, or detached and attached again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Emulators, WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import apply, assert_settled, edit, output, plan
from tests.warm.commands import WarmProvision

pytestmark = pytest.mark.thorough

NOTES = """
vector_stores:
  notes: {files: [notes/*.txt]}
assistants:
  reader:
    instructions: Read.
    tools: [{type: file_search, vector_stores: [notes]}]
"""
ADVICE = "apply again: what is still being indexed then is detached and attached again"


@pytest.fixture
def notes(project: WriteProject) -> Path:
    return project({"notes.yaml": NOTES, "notes/a.txt": "alpha", "notes/b.txt": "beta"})


def stick(provision: WarmProvision) -> None:
    """Applies, and one file is stuck: the run says so, and how it is mended."""
    ended = provision("apply", "--yes", "--index-timeout", "1")
    assert ended.code == 1
    assert "was not indexed in time (--index-timeout is 1 s)" in ended.stdout
    assert ADVICE in ended.stderr
    assert "correct or remove" not in ended.stderr


def test_a_stuck_file_is_attached_anew_by_the_next_apply(
    provision: WarmProvision, notes: Path, emulator: Emulators, account: Account
) -> None:
    emulator(fail=("indexing b.txt stuck times=1",))
    stick(provision)
    assert output(provision)["assistants"] == {}
    store = account.stores()["notes"].id
    (change,) = [each for each in plan(provision)["changes"] if each["address"] == "vector_store.notes"]
    assert change["reasons"] == [
        "files: 1 still being indexed since an earlier run (if stuck, detached and attached again)"
    ]
    healed = apply(provision, "--index-timeout", "1")
    assert healed.count("DELETE", f"/v1/vector_stores/{store}/files/*") == 1
    assert {member.status for member in account.members(store).values()} == {"completed"}
    assert set(output(provision)["assistants"]) == {"reader"}


def test_a_file_that_is_stuck_again_keeps_its_assistant_waiting(
    provision: WarmProvision, notes: Path, emulator: Emulators
) -> None:
    emulator(fail=("indexing b.txt stuck times=2",))
    stick(provision)
    stick(provision)
    assert output(provision)["assistants"] == {}
    apply(provision, "--index-timeout", "1")


def test_new_content_that_is_stuck_leaves_the_old_attached_until_it_is_attached_anew(
    provision: WarmProvision, notes: Path, emulator: Emulators, account: Account
) -> None:
    emulator(fail=("indexing b.txt stuck nth=2",))
    apply(provision)
    old, store = account.files()["b.txt"], account.stores()["notes"].id
    (notes / "manifests/notes/b.txt").write_text("gamma", encoding="utf-8")
    stick(provision)
    assert account.members(store)[old].status == "completed"
    apply(provision, "--index-timeout", "1")
    assert {member.status for member in account.members(store).values()} == {"completed"}
    assert set(account.members(store)) == set(account.files().values())


def test_without_a_look_it_is_attached_anew_too(
    provision: WarmProvision, notes: Path, emulator: Emulators, account: Account
) -> None:
    emulator(fail=("indexing b.txt stuck times=1",))
    stick(provision)
    healed = provision("apply", "--yes", "--no-refresh", "--index-timeout", "1")
    assert healed.code == 0, healed.stdout + healed.stderr
    assert {member.status for member in account.members(account.stores()["notes"].id).values()} == {"completed"}
    assert_settled(provision)


def test_a_stuck_file_whose_chunking_changes_meanwhile_gets_the_new_one(
    provision: WarmProvision, notes: Path, emulator: Emulators, account: Account
) -> None:
    emulator(fail=("indexing b.txt stuck times=1",))
    stick(provision)
    chunking = "{type: static, static: {max_chunk_size_tokens: 200, chunk_overlap_tokens: 0}}"
    edit(notes / "manifests/notes.yaml", "[notes/*.txt]}", f"[notes/*.txt], chunking_strategy: {chunking}}}")
    apply(provision, "--index-timeout", "1")
    members = account.members(account.stores()["notes"].id).values()
    assert {member.chunking_strategy.static.max_chunk_size_tokens for member in members} == {200}


def test_a_stuck_file_that_is_no_longer_wanted_is_taken_out(
    provision: WarmProvision, notes: Path, emulator: Emulators, account: Account
) -> None:
    emulator(fail=("indexing b.txt stuck",))
    stick(provision)
    (notes / "manifests/notes/b.txt").unlink()
    apply(provision, "--index-timeout", "1")
    assert set(account.files()) == {"a.txt"}
    assert set(output(provision)["assistants"]) == {"reader"}
