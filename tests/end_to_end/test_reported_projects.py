"""Projects from public reports: each folder in cases/ holds its manifests, and `after/` what is written later."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import Emulators
from tests.end_to_end.account import Account
from tests.end_to_end.steps import apply, assert_settled, writes
from tests.warm.commands import WarmProvision

CASES = Path(__file__).parent / "cases"
STATIC = "{type: static, static: {max_chunk_size_tokens: 800, chunk_overlap_tokens: 400}}"


def begin(case: str, folder: Path) -> Path:
    """Copies a case's project into the folder; returns the folder of its manifests."""
    shutil.copytree(CASES / case, folder, dirs_exist_ok=True)
    return folder / "manifests"


@pytest.mark.thorough
def test_a_stuck_file_is_attached_again(
    provision: WarmProvision, tmp_path: Path, emulator: Emulators, account: Account
) -> None:
    begin("a stuck file is attached again", tmp_path)
    emulator(fail=("indexing x.md stuck times=1",))
    stuck = provision("apply", "--yes", "--index-timeout", "1")
    assert stuck.code == 1
    assert "apply again: what is still being indexed then is detached and attached again" in stuck.stderr
    assert "correct or remove" not in stuck.stderr
    apply(provision, "--index-timeout", "1")
    members = account.members(account.stores()["docs"].id)
    assert [member.status for member in members.values()] == ["completed", "completed"]


@pytest.mark.thorough
@pytest.mark.parametrize("chunking", ["auto", STATIC])
def test_the_default_chunking_is_written_out(provision: WarmProvision, tmp_path: Path, chunking: str) -> None:
    manifests = begin("the default chunking is written out", tmp_path)
    apply(provision)
    text = (tmp_path / "after/a.yaml").read_text(encoding="utf-8")
    (manifests / "a.yaml").write_text(text.replace("auto", chunking), encoding="utf-8")
    assert_settled(provision)
    assert writes(apply(provision)) == []
