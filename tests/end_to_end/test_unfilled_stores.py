"""A store that cannot be filled as declared: what depends on it keeps what it had, and nothing of that is deleted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Emulators, WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import apply, edit, output, writes
from tests.warm.commands import WarmProvision

pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")

TARGETS = ["responses", "assistants"]
NOTES = """
vector_stores:
  notes: {files: [notes/*.txt]}
assistants:
  reader:
    name: reader
    instructions: Read.
    tools: [{type: file_search, vector_stores: [notes]}]
"""
SKIPPED = "skipped assistant.reader: it needs vector_store.%s, which is not filled as declared"


@pytest.fixture
def written(project: WriteProject) -> Callable[..., Path]:
    """Writes a store of two notes and an assistant that searches it, on a target."""

    def write(target: str = "responses", notes: str = NOTES) -> Path:
        settings = f"project: test\ntarget: {target}\ndefaults: {{model: gpt-6-luna}}\n"
        files = {"provision.yaml": settings, "notes.yaml": notes}
        return project({**files, "notes/a.txt": "alpha", "notes/b.txt": "beta"})

    return write


def searched(provision: WarmProvision, account: Account, target: str = "responses", name: str = "reader") -> list[str]:
    """The ids of the stores that an assistant searches."""
    if target == "responses":
        tools: list[Any] = output(provision)["assistants"][name]["definition"]["tools"]
        return list(tools[0]["vector_store_ids"])
    return list(account.assistants()[name].tool_resources.file_search.vector_store_ids)


def rename(root: Path) -> None:
    """The store `pages` takes the place of the store `notes`. It is not the same store under another name, because its
    metadata differ.
    """
    path = root / "manifests/notes.yaml"
    edit(path, "  notes: {files", "  pages: {metadata: {edition: second}, files")
    edit(path, "vector_stores: [notes]", "vector_stores: [pages]")


def describe(root: Path) -> None:
    """The store gets a description, so that it is replaced."""
    edit(root / "manifests/notes.yaml", "{files: [notes/*.txt]}", "{files: [notes/*.txt], description: Notes.}")


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("change", [rename, describe])
def test_an_assistant_keeps_its_store_until_the_new_one_is_filled(
    provision: WarmProvision,
    emulator: Emulators,
    account: Account,
    written: Callable[..., Path],
    target: str,
    change: Callable[[Path], None],
) -> None:
    emulator(fail=("indexing * server_error after=2 times=2",))
    root = written(target)
    apply(provision)
    (old,) = searched(provision, account, target)
    change(root)
    failed = provision("apply", "--yes")
    assert failed.code == 1
    assert SKIPPED % ("pages" if change is rename else "notes") in failed.stdout
    assert searched(provision, account, target) == [old]
    assert len(account.members(old)) == 2
    assert f"DELETE /v1/vector_stores/{old}" not in writes(failed)
    assert f"{old} stays for now" in failed.stderr or "skipped vector_store.notes: still used by" in failed.stdout
    mended = apply(provision)
    (new,) = searched(provision, account, target)
    assert new != old
    assert len(account.members(new)) == 2
    assert writes(mended).count(f"DELETE /v1/vector_stores/{old}") == 1
    assert account.counts()["stores"] == 1


@pytest.mark.thorough
@pytest.mark.parametrize("target", TARGETS)
def test_without_its_files_an_assistant_is_not_made(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path], target: str
) -> None:
    emulator(fail=("POST /files 400 times=2 message='No such luck.'",))
    written(target)
    failed = provision("apply", "--yes")
    assert failed.code == 1
    assert SKIPPED % "notes" in failed.stdout
    assert output(provision)["assistants"] == {}
    assert account.counts() == {"stores": 1}
    apply(provision)
    (store,) = searched(provision, account, target)
    assert len(account.members(store)) == 2


@pytest.mark.thorough
def test_a_store_that_lacks_one_of_many_files_is_not_filled(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("indexing n7.txt server_error times=2",))
    root = written()
    for number in range(12):
        (root / f"manifests/notes/n{number}.txt").write_text(f"note {number}")
    for _ in range(2):
        failed = provision("apply", "--yes")
        assert failed.code == 1
        assert SKIPPED % "notes" in failed.stdout
        assert len(account.members(account.stores()["notes"].id)) == 13
        assert output(provision)["assistants"] == {}
    apply(provision)


@pytest.mark.thorough
def test_a_file_that_is_given_up_holds_nobody_any_longer(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("indexing b.txt invalid_file",))
    root = written()
    assert provision("apply", "--yes").code == 1
    (root / "manifests/notes/b.txt").unlink()
    apply(provision)
    assert searched(provision, account) == [account.stores()["notes"].id]


@pytest.mark.thorough
def test_only_those_that_use_the_store_wait(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("indexing b.txt server_error times=1",))
    notes = """
vector_stores: {good: {files: [notes/a.txt]}, bad: {files: [notes/b.txt]}}
assistants:
  both: {instructions: A., tools: [{type: file_search, vector_stores: [good, bad]}]}
  one: {instructions: B., tools: [{type: file_search, vector_stores: [good]}]}
  other: {instructions: C., tools: [{type: file_search, vector_stores: [bad]}]}
  none: {instructions: D.}
"""
    written(notes=notes)
    assert provision("apply", "--yes").code == 1
    assert set(output(provision)["assistants"]) == {"one", "none"}
    apply(provision)
    assert set(output(provision)["assistants"]) == {"both", "one", "other", "none"}


@pytest.mark.thorough
def test_a_store_that_is_there_stops_nobody(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path], project: WriteProject
) -> None:
    emulator(fail=("indexing c.txt server_error times=1",))
    root = written()
    apply(provision)
    edit(root / "manifests/notes.yaml", "Read.", "Read aloud.")
    second = "assistants: {second: {instructions: S., tools: [{type: file_search, vector_stores: [notes]}]}}"
    project({"notes/c.txt": "gamma", "second.yaml": second})
    failed = provision("apply", "--yes")
    assert failed.code == 1
    assert "skipped" not in failed.stdout.replace("0 skipped", "")
    assert output(provision)["assistants"]["reader"]["release"] == 2
    assert searched(provision, account, name="second") == [account.stores()["notes"].id]
    apply(provision)


@pytest.mark.thorough
def test_a_store_that_only_an_application_uses_outlives_its_successor_that_failed(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("indexing * server_error after=2 times=3",))
    root = written(notes="vector_stores:\n  notes: {files: [notes/*.txt]}\n")
    apply(provision)
    old = account.stores()["notes"].id
    edit(root / "manifests/notes.yaml", "  notes: {files", "  pages: {metadata: {edition: second}, files")
    for _ in range(2):
        failed = provision("apply", "--yes")
        assert failed.code == 1
        assert "skipped vector_store.notes: since vector_store.pages, which may take its place" in failed.stdout
        assert len(account.members(old)) == 2
    assert apply(provision).count("DELETE", f"/v1/vector_stores/{old}") == 1


@pytest.mark.thorough
def test_a_replaced_store_that_only_an_application_uses_stays_until_its_successor_is_filled(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("indexing b.txt server_error after=1 times=2",))
    root = written(notes="vector_stores:\n  notes: {files: [notes/*.txt]}\n")
    apply(provision)
    old = account.stores()["notes"].id
    describe(root)
    for _ in range(2):
        failed = provision("apply", "--yes")
        assert failed.code == 1
        assert f"the replaced {old} stays for now, since vector_store.notes is not as declared yet" in failed.stderr
        assert len(account.members(old)) == 2
    assert apply(provision).count("DELETE", f"/v1/vector_stores/{old}") == 1
    assert account.counts() == {"files": 2, "stores": 1}


@pytest.mark.thorough
def test_an_assistant_under_another_name_takes_the_old_ones_place_only_once_it_is_there(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("indexing * server_error after=2 times=1",))
    root = written("assistants")
    apply(provision)
    rename(root)
    edit(
        root / "manifests/notes.yaml",
        "  reader:\n    name: reader",
        "  critic:\n    name: critic\n    description: Judges.",
    )
    failed = provision("apply", "--yes")
    assert failed.code == 1
    assert set(account.assistants()) == {"reader"}
    assert "skipped assistant.reader: since assistant.critic, which may take its place" in failed.stdout
    apply(provision)
    assert set(account.assistants()) == {"critic"}
    assert account.counts() == {"files": 2, "stores": 1, "assistants": 1}


@pytest.mark.thorough
def test_a_move_to_another_target_waits_for_a_new_store(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("indexing * server_error after=2 times=1",))
    root = written("assistants")
    apply(provision)
    (old,) = searched(provision, account, "assistants")
    rename(root)
    edit(root / "manifests/provision.yaml", "target: assistants", "target: responses")
    assert provision("apply", "--yes").code == 1
    assert searched(provision, account, "assistants") == [old]
    assert output(provision)["assistants"]["reader"]["target"] == "assistants"
    apply(provision)
    assert account.assistants() == {}
    assert searched(provision, account) != [old]


@pytest.mark.thorough
def test_new_content_for_a_container_that_cannot_be_uploaded_changes_nothing(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("POST /files 400 nth=3",))
    tools = "[{type: code_interpreter, container: {files: [notes/a.txt, notes/b.txt]}}]"
    root = written(notes=f"assistants: {{coder: {{instructions: Count., tools: {tools}}}}}")
    apply(provision)
    before = output(provision)["assistants"]["coder"]
    (root / "manifests/notes/a.txt").write_text("omega")
    failed = provision("apply", "--yes")
    assert failed.code == 1
    assert 'skipped assistant.coder: it needs file["manifests/notes/a.txt"]' in failed.stdout
    assert output(provision)["assistants"]["coder"] == before
    assert account.counts() == {"files": 2}
    apply(provision)
    assert account.counts() == {"files": 2}


@pytest.mark.thorough
def test_an_agent_is_not_made_without_the_files_of_its_environment(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("POST /files 400 times=1",))
    environment = "{files: [notes/*.txt]}"
    written("agents", f"assistants: {{coder: {{name: coder, instructions: Count., environment: {environment}}}}}")
    assert provision("apply", "--yes").code == 1
    assert account.counts() == {"files": 1}
    apply(provision)
    assert account.counts() == {"files": 2, "templates": 1, "agents": 1}


@pytest.mark.thorough
def test_an_agent_keeps_its_environment_while_another_cannot_be_made(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("POST /agents/environments/templates 400 nth=2",))
    environment = "{files: [notes/*.txt]}"
    coder = f"{{name: coder, instructions: Count., environment: {environment}}}"
    root = written("agents", f"assistants: {{coder: {coder}}}")
    apply(provision)
    before = account.counts()
    edit(root / "manifests/notes.yaml", "{coder: {", "{teller: {")
    failed = provision("apply", "--yes")
    assert failed.code == 1
    assert "skipped assistant.teller: it needs environment.teller" in failed.stdout
    assert "skipped assistant.coder: since assistant.teller, which may take its place" in failed.stdout
    assert account.counts() == before
    apply(provision)
    assert account.counts() == before


@pytest.mark.thorough
def test_a_reviewed_plan_is_gone_on_with_once_the_fault_is_mended(
    provision: WarmProvision, emulator: Emulators, account: Account, written: Callable[..., Path]
) -> None:
    emulator(fail=("indexing * server_error after=2 times=2",))
    root = written()
    apply(provision)
    (old,) = searched(provision, account)
    describe(root)
    assert provision("plan", "--out", "plan.json").code == 0
    failed = provision("apply", "plan.json")
    assert failed.code == 1
    assert searched(provision, account) == [old]
    mended = provision("apply", "plan.json")
    assert mended.code == 0, mended.stdout + mended.stderr
    assert searched(provision, account) != [old]
    assert mended.count("DELETE", f"/v1/vector_stores/{old}") == 1
    assert account.counts() == {"files": 2, "stores": 1}


def test_a_store_that_waits_is_known_from_the_state_and_forgotten_once_filled(
    provision: WarmProvision, emulator: Emulators, written: Callable[..., Path]
) -> None:
    emulator(fail=("indexing b.txt server_error times=1",))
    root = written()
    assert provision("apply", "--yes").code == 1
    state = root / "state/default.json"
    assert json.loads(state.read_text())["records"]["vector_store.notes"]["unfilled"] is True
    apply(provision)
    assert "unfilled" not in state.read_text()
