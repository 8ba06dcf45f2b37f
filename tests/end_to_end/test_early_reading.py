"""`provision plan` reads the account while it reads the manifests. Nobody notices but by the time."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from openai import OpenAI

from tests.api.liar import Asked, Liar, lying
from tests.conftest import Finished, Provision, WriteProject
from tests.warm.commands import WarmProvision

BROKEN = "assistants:\n  other: {modle: x}\n"
MANIFEST = """
    vector_stores:
      books: {files: [books/*.md]}
    assistants:
      tutor: {instructions: You teach., tools: [{type: file_search, vector_stores: [books]}]}
"""


@pytest.fixture
def folder(project: WriteProject) -> Path:
    settings = "project: test\ndefaults: {model: gpt-6-luna}\n"
    books = {f"books/{number}.md": f"Book {number}.\n" for number in range(3)}
    return project({"provision.yaml": settings, "a.yaml": MANIFEST, **books})


def applied(provision: Callable[..., Finished], *arguments: str) -> None:
    ended = provision("apply", "--yes", *arguments)
    assert ended.code == 0, ended.stderr


def spoil(folder: Path) -> None:
    (folder / "manifests" / "b.yaml").write_text(BROKEN, encoding="utf-8")


def silent(liar: list[Liar]) -> Callable[[Asked], Iterator[bytes]]:
    """Answers of a server that never answers."""

    def answer(asked: Asked) -> Iterator[bytes]:
        while not liar[0].over.is_set():
            time.sleep(0.02)
            yield b""

    return answer


@pytest.mark.usefixtures("folder")
def test_errors_in_manifests_do_not_wait_for_a_silent_server(cold: Provision, folder: Path) -> None:
    applied(cold)
    spoil(folder)
    found: list[Liar] = []
    with lying(silent(found)) as liar:
        found.append(liar)
        ended = cold("plan", env={"OPENAI_BASE_URL": f"{liar.url}/v1"})
    assert ended.code == 1
    assert "did you mean `model`?" in ended.stderr
    assert "trying again" not in ended.stderr
    assert {call.split()[0] for call in liar.calls()} <= {"GET"}


@pytest.mark.usefixtures("folder")
def test_ctrl_c_ends_a_plan_while_the_server_is_silent(cold: Provision) -> None:
    applied(cold)
    found: list[Liar] = []
    with lying(silent(found)) as liar:
        found.append(liar)
        environment = cold.environment(f"{liar.url}/v1", {})
        with subprocess.Popen(
            cold.command("plan"), cwd=cold.folder, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            while not liar.calls() and process.poll() is None:
                time.sleep(0.02)
            time.sleep(0.5)  # The manifests are read by now, and the plan waits for the server.
            process.send_signal(signal.SIGINT)
            _, messages = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"interrupted" in messages
    assert b"trying again" not in messages


def tear(folder: Path) -> None:
    (folder / "state" / "default.json").write_text("{", encoding="utf-8")


def edit(folder: Path) -> None:
    path = folder / "state" / "default.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"serial": 1', '"serial": 7'), encoding="utf-8")


def ask_for_encryption(folder: Path) -> None:
    with (folder / "manifests" / "provision.yaml").open("a", encoding="utf-8") as settings:
        settings.write("state_encryption: {env: NO_SUCH_KEY}\n")


def spoil_settings(folder: Path) -> None:
    with (folder / "manifests" / "provision.yaml").open("a", encoding="utf-8") as settings:
        settings.write("stat: x\n")


@pytest.mark.parametrize("happens", [tear, edit, ask_for_encryption, spoil_settings])
def test_errors_are_those_of_a_plan_that_is_not_begun_early(
    provision: WarmProvision, folder: Path, happens: Callable[[Path], None]
) -> None:
    applied(provision)
    happens(folder)
    early, late = provision("plan"), provision("plan", "--accept-account")
    assert early.code == late.code != 0
    assert (early.stdout, early.stderr) == (late.stdout, late.stderr)
    assert early.requests == late.requests == ()


@pytest.mark.usefixtures("folder")
def test_errors_in_manifests_come_before_all_others(cold: Provision, folder: Path) -> None:
    applied(cold)
    without_key = {"OPENAI_API_KEY": None}
    assert "no API key" in cold("plan", env=without_key).stderr
    spoil(folder)
    for environment in (without_key, {"OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}, {"OPENAI_ORG_ID": "org-other"}):
        ended = cold("plan", env=environment)
        assert ended.code == 1
        assert "did you mean `model`?" in ended.stderr
        assert "key" not in ended.stderr


@pytest.mark.usefixtures("folder")
def test_a_server_that_cannot_be_reached_is_reported(cold: Provision) -> None:
    applied(cold)
    ended = cold("plan", env={"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "PROVISION_TIMEOUT": "1"})
    assert ended.code == 1
    assert "127.0.0.1:1" in ended.stderr


@pytest.mark.usefixtures("folder")
def test_another_account_is_not_read(cold: Provision) -> None:
    applied(cold)
    ended = cold("plan", env={"OPENAI_ORG_ID": "org-other"})
    assert ended.code == 3
    assert "the state was made on" in ended.stdout + ended.stderr
    assert ended.requests == ()


def nothing(folder: Path, client: OpenAI) -> None:
    """Nothing happens."""


def delete_files(folder: Path, client: OpenAI) -> None:
    for file in client.files.list():
        client.files.delete(file.id)


def delete_store(folder: Path, client: OpenAI) -> None:
    client.vector_stores.delete(next(iter(client.vector_stores.list())).id)


def change_store(folder: Path, client: OpenAI) -> None:
    client.vector_stores.update(next(iter(client.vector_stores.list())).id, name="Changed")


def import_store(folder: Path, client: OpenAI) -> None:
    store = client.vector_stores.create(name="There before")
    manifest = f"vector_stores: {{more: {{}}}}\nimports: [{{to: vector_store.more, id: {store.id}}}]\n"
    (folder / "manifests" / "b.yaml").write_text(manifest, encoding="utf-8")


def rename_store(folder: Path, client: OpenAI) -> None:
    path = folder / "manifests" / "a.yaml"
    moved = "moved: [{from: vector_store.books, to: vector_store.library}]\n"
    path.write_text(path.read_text(encoding="utf-8").replace("books:", "library:").replace("[books]", "[library]"))
    (folder / "manifests" / "b.yaml").write_text(moved, encoding="utf-8")


def take_the_state_away(folder: Path, client: OpenAI) -> None:
    (folder / "state" / "default.json").unlink()


HAPPENED = [nothing, delete_files, delete_store, change_store, import_store, rename_store, take_the_state_away]


@pytest.mark.parametrize("happens", HAPPENED)
@pytest.mark.parametrize("mode", ["full", "quick", "none"])
def test_the_plan_and_its_calls_are_the_same(
    provision: WarmProvision, folder: Path, client: OpenAI, mode: str, happens: Callable[[Path, OpenAI], None]
) -> None:
    applied(provision)
    happens(folder, client)
    early = provision("plan", "--json", "--refresh", mode)
    # With this option, a plan is not begun early. It accepts what is not the case here.
    late = provision("plan", "--json", "--refresh", mode, "--accept-account")
    assert (early.code, json.loads(early.stdout)) == (late.code, json.loads(late.stdout))
    assert sorted(set(asked(early))) == sorted({*asked(late), *more_calls(mode, happens, asked(early))})
    assert len(asked(early)) <= len(asked(late)) + 1


def more_calls(mode: str, happens: Callable[[Path, OpenAI], None], early: list[str]) -> list[str]:
    """The calls that only a plan makes that is begun early: it reads the files of a store before it sees that the store
    was deleted.
    """
    reads_deleted = mode == "full" and happens is delete_store
    return [call for call in early if call.endswith("/files") and call.count("/") == 4] if reads_deleted else []


def asked(ended: Finished) -> list[str]:
    return [f"{request.method} {request.path}" for request in ended.requests]
