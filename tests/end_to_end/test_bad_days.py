"""What can go wrong at run time: each time an exit code, a message that says how to go on, and no harm done."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

import pytest

from tests.conftest import NOWHERE, Emulators, Finished, Provision, WriteProject
from tests.end_to_end.account import Account
from tests.end_to_end.steps import actions, apply, assert_settled, edit, output, writes
from tests.warm.commands import WarmProvision

pytestmark = pytest.mark.thorough

NOTES = """
vector_stores:
  notes: {files: [notes/*.txt]}
assistants:
  reader:
    instructions: Read.
    tools: [{type: file_search, vector_stores: [notes]}]
  poet: {instructions: Rhyme.}
"""


@pytest.fixture
def notes(project: WriteProject) -> Path:
    """A store with two notes, an assistant that reads them, and one that does not; returns the folder above."""
    return project({"notes.yaml": NOTES, "notes/a.txt": "alpha", "notes/b.txt": "beta"})


def refused(finished: Finished, code: int, *messages: str) -> None:
    """The command ended with this code and these messages, and wrote nothing."""
    said = finished.stdout + finished.stderr
    assert finished.code == code, said
    assert [message for message in messages if message not in said] == [], said
    assert "Traceback" not in said
    assert "has a bug" not in said
    assert writes(finished) == []


# Keys, hosts and networks


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_without_a_key_both_ways_on_are_named(provision: WarmProvision, notes: Path, command: str) -> None:
    ended = provision(command, env={"OPENAI_API_KEY": None})
    refused(ended, 1, "no API key: OPENAI_API_KEY is not set", "export OPENAI_API_KEY=", "--emulator")
    assert ended.requests == ()
    assert not (notes / "state").exists()


def test_a_wrong_key_is_told(provision: WarmProvision, notes: Path) -> None:
    ended = provision("apply", "--yes", env={"OPENAI_API_KEY": "sk-wrong-one"})
    refused(ended, 1, "the API refused the key", "check OPENAI_API_KEY")
    assert "sk-wrong-one" not in ended.stdout + ended.stderr


@pytest.fixture
def proxy() -> Iterator[socket.socket]:
    """A proxy that would meet whoever leaves this machine."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.setblocking(False)
        yield listening


@pytest.mark.parametrize("named_by", ["manifest", ".env"])
def test_a_host_that_only_a_file_names_never_gets_the_key(
    provision: WarmProvision, project: WriteProject, proxy: socket.socket, named_by: str
) -> None:
    url = "https://llm.example/v1"
    settings = "project: test\ndefaults: {model: gpt-6-luna}\n" + f"base_url: {url}\n" * (named_by == "manifest")
    root = project({"provision.yaml": settings, "notes.yaml": "assistants: {poet: {target: agents}}"})
    if named_by == ".env":
        (root / ".env").write_text(f"OPENAI_BASE_URL={url}\n", encoding="utf-8")
    through = {"HTTPS_PROXY": f"http://127.0.0.1:{proxy.getsockname()[1]}", "OPENAI_BASE_URL": None}
    ended = provision("apply", "--yes", env=through)
    refused(ended, 1, "the key would be sent to llm.example, which only a file names", f"OPENAI_BASE_URL={url}")
    with pytest.raises(BlockingIOError):
        proxy.accept()
    assert not (root / "state").exists()


def test_a_key_beside_the_project_is_read_but_not_in_ci_and_not_from_git(provision: WarmProvision, notes: Path) -> None:
    (notes / ".env").write_text("OPENAI_API_KEY=sk-beside\n", encoding="utf-8")
    keyless = {"OPENAI_API_KEY": None}
    found = provision("plan", env=keyless)
    assert found.code == 0
    assert "key: OPENAI_API_KEY in .env" in found.stderr
    refused(provision("plan", env={**keyless, "CI": "true"}), 1, "no API key")
    subprocess.run(["git", "init", "--quiet"], cwd=notes, check=True)
    assert provision("plan", env=keyless).code == 0
    subprocess.run(["git", "add", "--force", ".env"], cwd=notes, check=True)
    refused(provision("plan", env=keyless), 1, "no API key")


def test_without_a_network_the_tries_are_visible_and_can_be_ended(cold: Provision, notes: Path) -> None:
    with subprocess.Popen(
        cold.command("plan"),
        cwd=notes,
        env=cold.environment(NOWHERE, {}),
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stderr is not None
        said = [line for line in islice(process.stderr, 5) if line.startswith("waiting")]
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert len(said) == 2
    assert re.fullmatch(r"waiting \d\.\d s, then trying again: the API cannot be reached: .*\n", said[0])
    assert process.returncode == 130
    assert rest.endswith("interrupted\n")
    assert "Traceback" not in rest


def test_a_rate_limit_is_waited_for_and_told(provision: WarmProvision, notes: Path, emulator: Emulators) -> None:
    emulator(fail=("GET /files* 429 times=2 retry-after=0.1", "POST /vector_stores 429 times=1 retry-after=0.1"))
    applied = apply(provision)
    assert "waiting 0." in applied.stderr
    assert "then trying again: A fault was asked for: 429." in applied.stderr


# The wrong account, the wrong state


def test_another_account_than_the_one_in_the_state(provision: WarmProvision, notes: Path) -> None:
    apply(provision)
    ended = provision("apply", "--yes", env={"OPENAI_PROJECT_ID": "proj_other"})
    refused(ended, 3, "the state was made on http://127.0.0.1/v1, and this run would work on", "--accept-account")
    assert provision("plan", "--accept-account", env={"OPENAI_PROJECT_ID": "proj_other"}).code == 0


def test_an_account_in_which_nothing_recorded_is_found(
    provision: WarmProvision, notes: Path, emulator: Emulators
) -> None:
    apply(provision)
    emulator()
    refused(provision("apply", "--yes"), 3, "none of the 3 recorded objects was found", "--accept-account")
    apply(provision, "--accept-account")


def test_marks_without_a_state(provision: WarmProvision, notes: Path, account: Account) -> None:
    apply(provision)
    shutil.rmtree(notes / "state")
    store = account.stores()["notes"].id
    for command in (["plan"], ["apply", "--yes"]):
        refused(provision(*command), 3, "there is no state, but objects of test/default are live", store)
    advice = ("(--env)", "(-C)", "`state:`", "version control or a backup", f"provision -C {notes} state rebuild")
    refused(provision("plan", "-C", str(notes)), 3, *advice)
    assert not (notes / "state/default.json").exists()


@pytest.mark.parametrize(
    ("content", "messages"),
    [
        ("{", ("is not a state that provision wrote, or only a part of one", "restore it from version control")),
        ("", ("is not a state that provision wrote", "restore it")),
        ('{"format": 1, "lineage": 5}', ("is not a state that provision wrote", "restore it")),
        ('{"format": 99}', ("has format 99", "upgrade provision")),
    ],
)
def test_a_state_that_cannot_be_used_is_left_as_it_is(
    provision: WarmProvision, notes: Path, content: str, messages: tuple[str, ...]
) -> None:
    state = notes / "state/default.json"
    state.parent.mkdir()
    state.write_text(content, encoding="utf-8")
    for command in (["plan"], ["apply", "--yes"], ["output"]):
        refused(provision(*command), 1, "default.json", *messages)
    assert state.read_text(encoding="utf-8") == content


def test_a_lock_that_somebody_else_holds(provision: WarmProvision, notes: Path) -> None:
    lock = notes / "state/default.lock"
    lock.parent.mkdir()
    since = "2026-11-20T09:00:00+09:00"
    with lock.open("w") as held:
        held.write(json.dumps({"user": "mina", "host": "desk", "pid": 7, "command": "apply", "since": since}))
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        ended = provision("apply", "--yes")
        assert provision("plan").code == 0
    refused(ended, 1, f"the state is locked by mina@desk (process 7, `provision apply`) since {since}", "wait until")
    apply(provision)


def test_state_files_are_their_owners_only(provision: WarmProvision, notes: Path) -> None:
    apply(provision)
    files = [path for path in (notes / "state").iterdir() if path.is_file()]
    assert {path.name for path in files} == {"default.json", "default.lock"}
    assert {os.stat(path).st_mode & 0o777 for path in files} == {0o600}


# Changes that fail


def test_a_file_that_cannot_be_indexed_stops_those_that_are_to_use_the_new_store(
    provision: WarmProvision, notes: Path, emulator: Emulators, account: Account
) -> None:
    emulator(fail=("indexing b.txt invalid_file times=1",))
    ended = provision("apply", "--yes")
    assert ended.code == 1
    assert 'file["manifests/notes/b.txt"]: The file could not be processed. (invalid_file)' in ended.stdout
    assert "correct or remove these files, then apply again" in ended.stderr
    assert "skipped assistant.reader: it needs vector_store.notes, which is not filled as declared" in ended.stdout
    assert set(output(provision)["assistants"]) == {"poet"}
    assert set(account.members(account.stores()["notes"].id)) == {account.files()["a.txt"]}
    apply(provision)
    assert set(output(provision)["assistants"]) == {"poet", "reader"}
    assert set(account.members(account.stores()["notes"].id)) == set(account.files().values())


def test_new_content_that_cannot_be_indexed_leaves_the_old_attached(
    provision: WarmProvision, notes: Path, emulator: Emulators, account: Account
) -> None:
    emulator(fail=("indexing b.txt server_error nth=2",))
    apply(provision)
    old, store = account.files()["b.txt"], account.stores()["notes"].id
    (notes / "manifests/notes/b.txt").write_text("gamma", encoding="utf-8")
    ended = provision("apply", "--yes")
    assert ended.code == 1
    assert "files that were attached before stay" in ended.stdout
    assert f"DELETE /v1/files/{old}" not in writes(ended)
    assert old in account.members(store)
    assert account.members(store)[old].status == "completed"
    apply(provision)
    assert set(account.members(store)) == set(account.files().values())
    assert old not in account.members(store)


def test_a_failed_create_stops_only_what_needs_it(
    provision: WarmProvision, notes: Path, emulator: Emulators, account: Account
) -> None:
    emulator(fail=("POST /vector_stores 400 times=1 message='No room.'",))
    ended = provision("apply", "--yes")
    assert ended.code == 1
    assert "failed vector_store.notes: No room." in ended.stdout
    assert "skipped assistant.reader: it needs vector_store.notes" in ended.stdout
    assert "Failed: 3 applied, 1 failed, 1 skipped" in ended.stdout
    assert set(output(provision)["assistants"]) == {"poet"}
    assert account.counts() == {"files": 2}
    assert actions(provision) == {"vector_store.notes": "create", "assistant.reader": "create"}
    apply(provision)
    assert account.counts() == {"files": 2, "stores": 1}


def test_a_failed_update_keeps_what_it_would_have_freed(
    provision: WarmProvision, notes: Path, emulator: Emulators, account: Account
) -> None:
    emulator(fail=("DELETE /vector_stores/*/files/* 400 times=1 message='Not now.'",))
    apply(provision)
    (notes / "manifests/notes/b.txt").unlink()
    ended = provision("apply", "--yes")
    assert ended.code == 1
    assert "Not now." in ended.stdout
    assert set(account.files()) == {"a.txt", "b.txt"}
    apply(provision)
    assert set(account.files()) == {"a.txt"}


def test_an_empty_purse_is_told_and_not_waited_for(provision: WarmProvision, notes: Path, emulator: Emulators) -> None:
    emulator(fail=("POST /files 429 code=insufficient_quota message='You exceeded your current quota.'",))
    ended = provision("apply", "--yes")
    assert ended.code == 1
    assert "the account cannot pay: You exceeded your current quota." in ended.stdout
    assert "add credit" in ended.stderr
    assert "waiting" not in ended.stderr


# Guards


def test_nobody_to_ask_is_no_consent(provision: WarmProvision, notes: Path) -> None:
    refused(provision("apply"), 3, "not confirmed, and there is no terminal to ask on", "say --yes")
    refused(provision("apply", stdin="yes\n"), 3, "not confirmed")
    assert not (notes / "state/default.json").exists()


def test_a_protected_environment_wants_its_name(provision: WarmProvision, project: WriteProject, notes: Path) -> None:
    settings = "project: test\ndefaults: {model: gpt-6-luna}\nenvironments: {prod: {protected: true}}\n"
    project({"provision.yaml": settings})
    prod = ("--env", "prod", "--yes")
    refused(provision("apply", *prod), 3, "environment prod is protected", "--confirm prod")
    refused(provision("apply", *prod, "--confirm", "dev"), 3, "--confirm dev does not name this environment")
    assert provision("apply", *prod, "--confirm", "prod").code == 0
    refused(provision("destroy", *prod), 3, "--confirm prod")


PROTECTED = """
vector_stores:
  notes: {files: [notes/*.txt], lifecycle: {protect: true}}
assistants:
  poet: {instructions: Rhyme., target: agents, lifecycle: {protect: true}}
"""


@pytest.fixture
def protected(provision: WarmProvision, project: WriteProject) -> Path:
    """A protected store and a protected agent, applied."""
    root = project({"notes.yaml": PROTECTED, "notes/a.txt": "alpha"})
    apply(provision)
    return root


def test_what_is_protected_outlives_its_manifest(
    provision: WarmProvision, protected: Path, project: WriteProject, account: Account
) -> None:
    before = account.counts()
    refused(provision("destroy", "--yes"), 3, "vector_store.notes is protected and would be deleted")
    project({"notes.yaml": None})
    for command in (["plan"], ["apply", "--yes"]):
        refused(provision(*command), 3, "assistant.poet is protected and would be deleted", "protect: false")
    assert account.counts() == before


def test_what_is_protected_stays_on_its_target_until_that_is_lifted(
    provision: WarmProvision, protected: Path, account: Account
) -> None:
    manifest = protected / "manifests/notes.yaml"
    edit(manifest, "target: agents", "target: responses")
    refused(provision("apply", "--yes"), 3, "assistant.poet is protected and would be replaced")
    edit(manifest, "Rhyme., target: responses, lifecycle: {protect: true}", "Rhyme., target: agents")
    apply(provision)
    edit(manifest, "target: agents", "target: responses")
    apply(provision)
    assert account.agents() == {}


def test_what_is_protected_can_be_updated(provision: WarmProvision, protected: Path, account: Account) -> None:
    edit(protected / "manifests/notes.yaml", "Rhyme.", "Rhyme well.")
    apply(provision)
    assert [agent.instructions for agent in account.agents().values()] == ["Rhyme well."]


# A part of it


def test_only_one_address_and_what_it_needs(provision: WarmProvision, notes: Path, account: Account) -> None:
    applied = provision("apply", "--yes", "--only", "vector_store.notes")
    assert applied.code == 0, applied.stderr
    assert account.counts() == {"files": 2, "stores": 1}
    assert actions(provision) == {"assistant.poet": "create", "assistant.reader": "create"}
    one = provision("apply", "--yes", "--only", "assistant.reader")
    assert one.code == 0
    assert set(output(provision)["assistants"]) == {"reader"}


def test_only_never_deletes_what_others_still_use(
    provision: WarmProvision, project: WriteProject, account: Account
) -> None:
    root = project({"notes.yaml": NOTES, "notes/a.txt": "alpha", "poet.yaml": SHARED})
    apply(provision)
    old = account.files()["a.txt"]
    (root / "manifests/notes/a.txt").write_text("omega", encoding="utf-8")
    applied = provision("apply", "--yes", "--only", "vector_store.notes")
    assert applied.code == 0, applied.stdout + applied.stderr
    assert [file.id for file in account.client.files.list()].count(old) == 1
    assert output(provision)["assistants"]["coder"]["definition"]["tools"][0]["container"]["file_ids"] == [old]
    apply(provision)
    assert old not in account.files().values()


SHARED = "assistants: {coder: {tools: [{type: code_interpreter, container: {files: [notes/a.txt]}}]}}"


def test_only_does_not_delete_under_others(provision: WarmProvision, notes: Path, project: WriteProject) -> None:
    apply(provision)
    project({"notes.yaml": "assistants: {poet: {instructions: Rhyme.}}"})
    refused(
        provision("apply", "--yes", "--only", "vector_store.notes"),
        3,
        "vector_store.notes is still used by assistant.reader",
    )
    apply(provision)


def test_an_address_that_is_unknown_gets_the_nearest(provision: WarmProvision, notes: Path) -> None:
    ended = provision("plan", "--only", "vector_store.note")
    refused(ended, 1, "nothing is called vector_store.note; did you mean vector_store.notes?")
    refused(provision("plan", "--only", "notes"), 1, "`notes` is not an address", "write it as in the plan")


def test_without_a_refresh_the_state_is_believed(provision: WarmProvision, notes: Path, account: Account) -> None:
    apply(provision)
    account.client.vector_stores.update(account.stores()["notes"].id, name="others")
    believed = provision("plan", "--no-refresh", "--detailed-exitcode")
    assert believed.code == 0, believed.stdout
    assert believed.requests == ()
    edit(notes / "manifests/notes.yaml", "Read.", "Read aloud.")
    applied = provision("apply", "--yes", "--no-refresh")
    assert applied.code == 0, applied.stderr
    assert output(provision)["assistants"]["reader"]["release"] == 2
    assert actions(provision) == {"vector_store.notes": "update"}


# Secrets


def test_the_key_is_nowhere(provision: WarmProvision, notes: Path, emulator: Emulators) -> None:
    key = "sk-test-0123456789-very-secret"
    emulator(fail=("POST /vector_stores 400 times=1", "POST /files drop-after nth=1"))
    said = ""
    for command in (["plan", "-v"], ["apply", "--yes", "-v"], ["apply", "--yes", "-v"], ["show", "-v"], ["output"]):
        ended = provision(*command, env={"OPENAI_API_KEY": key})
        said += ended.stdout + ended.stderr
        said += "".join(path.read_text(encoding="utf-8") for path in (notes / "state").glob("*") if path.is_file())
    assert "POST /v1/files" in said
    assert "very-secret" not in said
    assert_settled(provision)
