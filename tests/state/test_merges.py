"""Two branches have each applied, and git merges their states: what git does is real, and what is read is one side."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.core.errors import TornState
from provisioner.engine.continuity import examine
from provisioner.manifest import write_starter
from provisioner.state.backends.local import LocalBackend
from provisioner.state.records import Record, State
from provisioner.state.sealing import UNSEALED, Seal

STATE = "state/default.json"
NAMES = ("a", "m", "z")


def record(name: str, text: str = "Read.") -> Record:
    return Record(Address("assistant", name), "assistant", f"asst_{name}", {"instructions": text})


BASE = State(
    "lineage", 1, "https://api.openai.com/v1", "test", "default", {record(n).address: record(n) for n in NAMES}
)


def changed(name: str) -> State:
    """The state after another text for one of the assistants."""
    return replace(BASE, records={**BASE.records, record(name).address: record(name, "Obey.")}).after(BASE)


class Repository:
    """A repository of which two branches have each a state of serial 2."""

    def __init__(self, root: Path, seal: Seal = UNSEALED, *, attributes: str | None = None) -> None:
        self.root, self.seal = root, seal
        write_starter(root)
        if attributes is not None:
            (root / ".gitattributes").write_text(attributes, encoding="utf-8")
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit(BASE)
        self.git("checkout", "--quiet", "-b", "theirs")
        self.commit(changed("z"))
        self.git("checkout", "--quiet", "main")
        self.commit(changed("a"))

    @property
    def backend(self) -> LocalBackend:
        """As in a fresh clone: without the history of whoever has applied."""
        return LocalBackend(self.root / "state", "default", seal=self.seal)

    def commit(self, state: State) -> None:
        self.backend.write(state)
        for path in self.backend.history_path.iterdir():
            path.unlink()
        self.git("add", "--all")
        self.git("commit", "--quiet", "-m", "Record what was applied")

    def git(self, *words: str, code: int = 0) -> str:
        identity = ("-c", "user.name=ann", "-c", "user.email=ann@localhost", "-c", "core.hooksPath=/dev/null")
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.root.parent), "GIT_CONFIG_NOSYSTEM": "1"}
        ended = subprocess.run(
            ["git", *identity, *words], cwd=self.root, env=environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout

    def merge(self, *words: str, code: int = 1) -> None:
        self.git("merge", *words, "theirs", code=code)


@pytest.mark.thorough
def test_git_does_not_merge_states_where_init_wrote_the_attributes(tmp_path: Path) -> None:
    """It stops at a conflict, and the file is one side whole: neither marks nor a mixture."""
    ours = Repository(tmp_path / "r")
    ours.merge()
    assert f"UU {STATE}" in ours.git("status", "--short")
    assert ours.backend.read() == changed("a")
    ours.git("checkout", "--theirs", STATE)
    ours.git("add", STATE)
    assert ours.backend.read() == changed("z")
    assert examine(ours.backend, ours.backend.read(), ()).trouble == ""


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("style", ["merge", "diff3", "zdiff3"])
@pytest.mark.parametrize("seal", [UNSEALED, Seal("a key of the team")], ids=["plain", "sealed"])
def test_conflict_marks_lead_on(tmp_path: Path, style: str, seal: Seal) -> None:
    torn = Repository(tmp_path / "r", seal, attributes="")
    torn.git("config", "merge.conflictStyle", style)
    torn.merge()
    with pytest.raises(TornState, match="conflict marks of a merge") as caught:
        torn.backend.read()
    assert caught.value.hint is not None
    for step in ("git checkout --ours FILE", "--theirs", "git add FILE", "provision plan"):
        assert step in caught.value.hint
    torn.git("checkout", "--ours", STATE)
    assert torn.backend.read() == changed("a")


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    ("attributes", "words"),
    [("", ("-X", "ours")), ("", ("-X", "theirs")), ("state/*.json merge=union\n", ())],
    ids=["ours", "theirs", "union"],
)
def test_a_state_that_git_has_merged_stops_and_says_how_to_go_on(
    tmp_path: Path, attributes: str, words: tuple[str, ...]
) -> None:
    """What does not conflict is taken from both sides, so that the digest fits neither."""
    mixed = Repository(tmp_path / "r", attributes=attributes)
    mixed.merge("--no-edit", *words, code=0)
    state = mixed.backend.read()
    assert state is not None
    assert {name: state.records[record(name).address].inputs["instructions"] for name in NAMES} == {
        "a": "Obey.",
        "m": "Read.",
        "z": "Obey.",
    }
    found = examine(mixed.backend, state, ())
    assert "git has merged two states into one" in found.trouble
    for step in ("one side whole (git checkout COMMIT -- FILE)", "`provision plan`", "--accept-state"):
        assert step in found.hint
    mixed.git("checkout", "theirs", "--", STATE)
    assert examine(mixed.backend, mixed.backend.read(), ()).trouble == ""


@pytest.mark.thorough
def test_a_rebase_and_a_cherry_pick_stop_as_a_merge_does(tmp_path: Path) -> None:
    for words, back in ((("rebase", "theirs"), "rebase"), (("cherry-pick", "theirs"), "cherry-pick")):
        ours = Repository(tmp_path / back)
        ours.git(*words, code=1)
        state = ours.backend.read()
        assert state in (changed("a"), changed("z"))
        assert not state.edited
        ours.git(back, "--abort")


def test_the_attribute_is_added_where_a_file_of_attributes_is_there_already(tmp_path: Path) -> None:
    (tmp_path / ".gitattributes").write_text("*.bin binary", encoding="utf-8")
    write_starter(tmp_path)
    lines = (tmp_path / ".gitattributes").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "*.bin binary"
    assert lines.count("state/*.json -merge") == 1
