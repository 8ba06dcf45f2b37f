"""The command `provision pull`: exit codes, formats, what it refuses, and files that it finds by `--files`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from provisioner.planning.plan import Action
from tests.conftest import Finished, WriteProject
from tests.unmanaged.steps import Desk
from tests.warm.commands import WarmProvision

if TYPE_CHECKING:
    from openai import OpenAI


@pytest.fixture
def store(project: WriteProject, client: OpenAI) -> str:
    """The id of a store that nobody manages, beside an empty project."""
    project({"notes.txt": "kept\n"})
    return client.vector_stores.create(name="Handbook").id


def pulled_again(provision: WarmProvision) -> Finished:
    return provision("pull", "manifests/again", "--check")


@pytest.mark.thorough
def test_check_says_whether_there_is_something_to_write(provision: WarmProvision, store: str) -> None:
    before = provision("pull", "manifests/pulled", "--check", "--json")
    assert before.code == 2, before.stderr
    body = json.loads(before.stdout)
    assert (body["written"], body["files"]) == (
        False,
        ["manifests/pulled/imports.yaml", "manifests/pulled/vector_stores.yaml"],
    )
    assert not (provision.folder / "manifests/pulled").exists()

    written = provision("pull", "manifests/pulled", "--json")
    assert written.code == 0, written.stderr
    body = json.loads(written.stdout)
    assert body["written"] is True
    assert [(each["address"], each["id"]) for each in body["objects"]] == [("vector_store.handbook", store)]
    assert {each.method for each in (*before.requests, *written.requests)} == {"GET"}

    after = provision("pull", "manifests/again", "--check", "--json")
    assert (after.code, json.loads(after.stdout)["files"]) == (0, [])


def test_nothing_is_written_if_one_file_exists(provision: WarmProvision, project: WriteProject, store: str) -> None:
    project({"pulled/imports.yaml": "imports: []\n"})
    refused = provision("pull", "manifests/pulled", "--json")
    assert (refused.code, "imports.yaml is in" in refused.stderr) == (1, True)
    assert "nothing was written" in json.loads(refused.stdout)["diagnostics"][0]["message"]
    assert [each.name for each in (provision.folder / "manifests/pulled").iterdir()] == ["imports.yaml"]
    assert (provision.folder / "manifests/pulled/imports.yaml").read_text() == "imports: []\n"


@pytest.mark.parametrize(
    ("folder", "message", "hint"),
    [
        ("./vector_store.handbook", "is not below the manifests' folder", "write provision pull manifests/pulled"),
        ("elsewhere", "is not below the manifests' folder", "write provision pull manifests/pulled"),
    ],
)
def test_a_word_that_is_no_folder_for_manifests_is_refused(
    provision: WarmProvision, store: str, folder: str, message: str, hint: str
) -> None:
    refused = provision("pull", folder)
    assert (refused.code, refused.stdout, refused.requests) == (1, "", ())
    assert message in refused.stderr
    assert hint in refused.stderr
    assert not (provision.folder / folder).exists()


def test_a_filter_selects_what_is_pulled(provision: WarmProvision, client: OpenAI, store: str) -> None:
    client.vector_stores.create(name="Draft")
    pulled = provision("pull", "manifests/pulled", "--kind", "vector_store", "--match", "Hand*", "--json")
    assert [each["id"] for each in json.loads(pulled.stdout)["objects"]] == [store]
    unknown = provision("pull", "manifests/pulled", "--kind", "nothing")
    assert (unknown.code, unknown.requests) == (1, ())


@pytest.mark.thorough
def test_local_files_are_named_and_not_uploaded(desk: Desk) -> None:
    """A member is found by its name and size, or by the digest in its attributes; other members keep their ids."""
    client = desk.client
    texts = {"docs/rules.md": "rules\n", "docs/deep/days.md": "holidays\n", "docs/other.md": "of another size"}
    desk.write(texts)
    uploads = {
        name: client.files.create(file=(name, text), purpose="assistants").id
        for name, text in {"rules.md": b"rules\n", "days.md": b"holidays\n", "other.md": b"longer"}.items()
    }
    store = client.vector_stores.create(name="Handbook").id
    for id in uploads.values():
        client.vector_stores.files.create_and_poll(id, vector_store_id=store)

    pulled = desk.pull(files="docs")
    assert pulled.matched == 2
    entries = pulled.files["vector_stores.yaml"]
    assert "../docs/rules.md" in entries
    assert "../docs/deep/days.md" in entries
    assert uploads["other.md"] in entries
    imports = pulled.files["imports.yaml"]
    assert [uploads[name] in imports for name in uploads] == [True, True, False]

    plan = desk.plan()
    assert not plan.errors(), plan.diagnostics
    assert {change.action for change in plan.changes} == {Action.ADOPT}
    before = {each.id for each in client.files.list()}
    desk.apply()
    assert {each.id for each in client.files.list()} == before
    assert not desk.plan().changes


def test_a_folder_of_files_outside_of_the_root_is_refused(
    provision: WarmProvision, store: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = provision("pull", "manifests/pulled", "--files", tmp_path_factory.mktemp("elsewhere"))
    assert (outside.code, "manifests may not name files there" in outside.stderr) == (1, True)
    missing = provision("pull", "manifests/pulled", "--files", "nowhere")
    assert (missing.code, missing.requests) == (1, ())
    assert not (provision.folder / "manifests/pulled").exists()


def test_text_that_looks_like_an_expression_is_pulled_as_text(
    provision: WarmProvision, project: WriteProject, client: OpenAI
) -> None:
    """Otherwise the next plan would fail, or would fill in a variable for whoever named the object."""
    project({"variables.yaml": "variables: {price: {}}\n"})
    metadata = {"note": "$${x} costs ${price}", "env": "${env.HOME}"}
    client.vector_stores.create(name="Price of ${each.value} and $5", metadata=metadata)
    function = {"name": "buy", "description": "Buys for ${var.price}.", "parameters": {"type": "object"}}
    client.beta.agents.create(
        model="gpt-6-luna",
        name="Seller ${x}",
        instructions="Say ${hello} and $${bye}.",
        tools=[{"type": "function", **function}],  # type: ignore[list-item]
    )
    pulled = provision("pull", "manifests/pulled", "--json", "--var", "price=5")
    assert pulled.code == 0, pulled.stderr
    assert len(json.loads(pulled.stdout)["objects"]) == 2, pulled.stdout
    ended = provision("plan", "--json", "--var", "price=5")
    assert ended.code == 0, ended.stdout + ended.stderr
    planned = json.loads(ended.stdout)
    assert planned["summary"]["adopt"] == 2, planned
    assert all(not change["differences"] for change in planned["changes"]), planned
