"""An index of releases that cannot be opened: every command that needs it says so and changes nothing, and a new index
can be made from the history of the state.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from provisioner import load
from provisioner.core.errors import NewerState, StateError, TornState, WrongKey
from provisioner.engine.state_transfer import rebuild_releases
from provisioner.state.sealing import Seal
from tests.conftest import Provision, write_file
from tests.releases.bench import TUTOR, Bench, numbers, tutor

SETTINGS = "project: helpers\ntarget: responses\nstate: ../state\ndefaults: {model: gpt-6-luna}\n"
ADDRESS = str(TUTOR)
#: Every command that needs the releases.
COMMANDS = (
    ("plan",),
    ("apply", "--yes"),
    ("destroy", "--yes"),
    ("history",),
    ("history", ADDRESS),
    ("diff", f"{ADDRESS}@1", ADDRESS),
    ("rollback", ADDRESS, "--yes"),
    ("rollback", ADDRESS, "--release-pin", "--yes"),
    ("state", "mv", ADDRESS, "assistant.coach", "--yes"),
    ("state", "reseal"),
    ("state", "migrate", "elsewhere"),
)
SEALED = Seal("a key that nobody has any longer").seal("{}", "default releases index")
TORN, NEWER = '{"format": 1, "salt"', '{"format": 9}'
REBUILD = "provision state rebuild --releases"


def _apply(provision: Provision, *texts: str) -> Path:
    write_file(provision.folder / "manifests/provision.yaml", SETTINGS)
    for text in texts:
        write_file(provision.folder / "manifests/all.yaml", f"assistants:\n  tutor: {{instructions: {text}}}\n")
        applied = provision("apply", "--yes")
        assert applied.code == 0, applied.stderr
    return provision.folder / "state/default.releases/index.json"


def _stored(folder: Path) -> dict[str, bytes]:
    found = (path for name in ("state", "elsewhere") for path in (folder / name).rglob("*.json"))
    return {str(path): path.read_bytes() for path in found}


def _assert_refuses(provision: Provision, words: tuple[str, ...], hint: str) -> None:
    ended = provision(*words)
    assert ended.code == 1, (words, ended.stdout, ended.stderr)
    assert "index.json" in ended.stderr, words
    assert hint in ended.stderr, words


@pytest.mark.thorough
@pytest.mark.timeout(600)  # many commands, each a process
def test_every_command_refuses_a_damaged_index_and_changes_nothing(provision: Provision) -> None:
    index = _apply(provision, "one", "two")
    index.write_text(TORN, encoding="utf-8")
    before = _stored(provision.folder)
    for words in COMMANDS:
        _assert_refuses(provision, words, REBUILD)
        assert _stored(provision.folder) == before, words
    with pytest.raises(TornState, match=r"index\.json"):
        load("tutor", release=1, path=provision.folder)
    assert provision("state", "list", online=False).code == 0
    assert load("tutor", path=provision.folder)["instructions"] == "two"

    rebuilt = provision("state", "rebuild", "--releases", online=False)
    assert rebuilt.code == 0, rebuilt.stderr
    assert "The new index of releases has 2 releases" in rebuilt.stdout + rebuilt.stderr
    aside = index.with_stem(hashlib.sha256(TORN.encode()).hexdigest())
    assert str(aside) in rebuilt.stderr
    assert aside.read_text(encoding="utf-8") == TORN
    history = json.loads(provision("history", ADDRESS, "--json", online=False).stdout)
    assert [(each["number"], each["current"]) for each in history] == [(1, False), (2, True)]
    assert provision("rollback", ADDRESS, "--yes").code == 0
    again = provision("state", "rebuild", "--releases", online=False)
    assert again.code == 1
    assert "can be read, so it is not rebuilt; nothing was changed" in again.stderr


@pytest.mark.parametrize(
    ("text", "hint"), [(SEALED, REBUILD), (NEWER, "upgrade provision")], ids=["another key", "newer version"]
)
def test_an_index_that_others_can_open_is_refused_with_the_way_on(provision: Provision, text: str, hint: str) -> None:
    index = _apply(provision, "one")
    index.write_text(text, encoding="utf-8")
    before = _stored(provision.folder)
    for words in (("apply", "--yes"), ("history",), ("state", "reseal")):
        _assert_refuses(provision, words, hint)
    assert _stored(provision.folder) == before


@pytest.mark.parametrize(("text", "error"), [(TORN, TornState), (SEALED, WrongKey)], ids=["torn", "another key"])
def test_a_new_index_has_what_the_history_has_and_the_former_one_is_kept(
    definitions: Bench, text: str, error: type[StateError]
) -> None:
    for each in ("one", "two", "three"):
        definitions.write(tutor(each))
        definitions.settle()
    index = definitions.root / "state/default.releases/index.json"
    contents = definitions.stored()
    index.write_text(text, encoding="utf-8")
    with pytest.raises(error):
        definitions.releases()
    with definitions.local.lock("state rebuild --releases"):
        found = rebuild_releases(definitions.local)
    assert (found.count, found.gaps) == (3, "")
    assert found.aside is not None
    assert Path(found.aside).read_text(encoding="utf-8") == text
    assert definitions.stored() > contents
    assert definitions.texts() == ["one", "two", "three"]
    definitions.write(tutor("four"))
    definitions.settle()
    assert numbers(definitions.releases_of()) == [1, 2, 3, 4]


def test_an_index_of_a_newer_version_is_never_set_aside(definitions: Bench) -> None:
    definitions.write(tutor("one"))
    definitions.settle()
    index = definitions.root / "state/default.releases/index.json"
    index.write_text(NEWER, encoding="utf-8")
    with definitions.local.lock("state rebuild --releases"), pytest.raises(NewerState):
        rebuild_releases(definitions.local)
    assert index.read_text(encoding="utf-8") == NEWER


@pytest.mark.parametrize("lost", [(1,), (1, 2)])
def test_a_plan_names_former_states_whose_releases_are_not_known(definitions: Bench, lost: tuple[int, ...]) -> None:
    for each in ("one", "two", "three"):
        definitions.write(tutor(each))
        definitions.settle()
    for path in (definitions.root / "state/default.releases").iterdir():
        path.unlink()
    assert definitions.plan().plan.diagnostics == ()
    for serial in lost:
        (definitions.root / f"state/default.history/{serial}.json").write_text("{", encoding="utf-8")
    (told,) = definitions.plan().plan.diagnostics
    where = "read: 1;" if lost == (1,) else "read: 1 to 2;"
    assert told.severity == "info"
    assert where in told.message
    definitions.write(tutor("four"))
    definitions.settle()
    assert definitions.plan().plan.diagnostics == ()
    assert numbers(definitions.releases_of()) == list(range(len(lost) + 1, 5))
