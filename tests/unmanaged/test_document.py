"""The commands of docs/adopt.md about unmanaged objects run as they are shown, in the order of the page."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.adopt.test_document import DOCUMENT, section_of
from tests.conftest import Finished, WriteProject
from tests.docs.pages import blocks
from tests.warm.commands import WarmProvision

if TYPE_CHECKING:
    from openai import OpenAI

LISTING = "See what nobody manages"
DELETING = "Delete what nobody needs"
WRITING = "Write manifests for what exists"
SHOWN = ("unmanaged", "gc", "pull")
SETTINGS = (
    "project: test\nstate: ../state\nenvironments: {dev: {}, prod: {protected: true}}\ndefault_environment: dev\n"
)


def commands(section: str, language: str) -> Iterator[list[str]]:
    """The words after `provision` of each command in the blocks of a language, without comments and prompts."""
    for block in blocks(DOCUMENT):
        if section_of(block) == section and block.language == language:
            for line in block.text.splitlines():
                program, *words = shlex.split(line.removeprefix("$ "), comments=True)
                assert program == "provision", line
                yield words


@pytest.fixture
def account(client: OpenAI) -> dict[str, str]:
    """The objects of a team, by their display names: a store with a file, a draft, an agent, and an unused file."""
    store = client.vector_stores.create(name="Handbook").id
    file = client.files.create(file=("rules.md", b"rules\n"), purpose="assistants").id
    client.vector_stores.files.create_and_poll(file, vector_store_id=store)
    return {
        "Handbook": store,
        "rules.md": file,
        "Draft of it": client.vector_stores.create(name="Draft of it").id,
        "Poet": client.beta.agents.create(model="gpt-6-luna", name="Poet", instructions="Rhyme.").id,
        "unused.md": client.files.create(file=("unused.md", b"?"), purpose="assistants").id,
    }


def succeed(ended: Finished, *codes: int) -> Finished:
    assert ended.code in (codes or (0,)), ended.stdout + ended.stderr
    return ended


def test_every_command_of_these_kinds_is_run() -> None:
    """No other section shows such a command, except the one about drift, whose commands are run elsewhere."""
    found = {
        section_of(block)
        for block in blocks(DOCUMENT)
        for line in block.text.splitlines()
        if line.removeprefix("$ ").split()[:2] in [["provision", each] for each in SHOWN]
    }
    assert found == {LISTING, DELETING, WRITING, "Write drift back"}


@pytest.mark.thorough
def test_commands_that_list(provision: WarmProvision, project: WriteProject, account: dict[str, str]) -> None:
    project({"a.yaml": ""})
    for words in commands(LISTING, "sh"):
        listed = succeed(provision(*words))
        assert {each.method for each in listed.requests} == {"GET"}
        named = {name for name, id in account.items() if id in listed.stdout}
        if "--match" in words:
            assert named == {"Draft of it"}
        elif "--older-than" in words:
            assert named == set()
        else:
            assert named == set(account)


@pytest.mark.thorough
def test_commands_that_delete(
    provision: WarmProvision, project: WriteProject, client: OpenAI, account: dict[str, str]
) -> None:
    project({"provision.yaml": SETTINGS})
    for words in commands(DELETING, "sh"):
        fresh = "--older-than" in words  # everything in this account is younger
        asks = "--yes" not in words and not fresh
        ended = succeed(provision(*words), 3 if asks else 0)
        assert ("Nothing to delete." in ended.stdout) == fresh
        if asks:
            assert "no terminal to ask on" in ended.stderr
            assert account["unused.md"] in ended.stdout
            succeed(provision(*words, "--yes"))
    left = {each.id for each in (*client.vector_stores.list(), *client.files.list(), *client.beta.agents.list())}
    assert left == {id for name, id in account.items() if name not in ("Draft of it", "unused.md")}


def test_commands_that_begin_a_project(provision: WarmProvision, account: dict[str, str]) -> None:
    for words in commands(WRITING, "console"):
        shown = succeed(provision(*words))
    assert "Plan: 3 to adopt, 0 unchanged." in shown.stdout


@pytest.mark.thorough
def test_commands_that_write_manifests(
    provision: WarmProvision, project: WriteProject, account: dict[str, str]
) -> None:
    """Each is an alternative: what the one before has written is taken away."""
    project({"a.yaml": "", "../docs/rules.md": "rules\n"})
    folder = provision.folder / "manifests/pulled"
    *pulls, plan = commands(WRITING, "sh")
    for words in pulls:
        checks = "--check" in words
        ended = succeed(provision(*words), 2 if checks else 0)
        if checks:
            assert not folder.exists()
            continue
        texts = {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
        whole = "\n".join(texts.values())
        expected = {"Handbook", "Draft of it", "Poet"}
        if "--kind" in words:
            expected = {"Poet"}
        elif "--match" in words:
            expected = {"Handbook"}
        assert {name for name in ("Handbook", "Draft of it", "Poet") if account[name] in whole} == expected
        assert ("../../docs/rules.md" in whole) == ("--files" in words)
        assert ended.stderr.endswith("Next: provision plan\n")
        planned = succeed(provision(*plan))
        assert "to adopt, 0 unchanged." in planned.stdout
        assert "differs from the manifest" not in planned.stdout
        for path in sorted(folder.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        folder.rmdir()
