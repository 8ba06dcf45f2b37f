"""`provision gc` deletes chosen objects that nobody manages, and nothing else."""

from __future__ import annotations

import json

import pytest

from provisioner.core.errors import Blocked
from provisioner.engine.collecting import choose
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.unmanaged import Selection, Standing, Survey, Unmanaged, User
from tests.conftest import Emulators, WriteProject
from tests.unmanaged.steps import EVERYTHING, Desk
from tests.warm.commands import WarmProvision

FILES, STORES = Selection(types=("file",)), Selection(types=("vector_store",))


def upload(desk: Desk, name: str, purpose: str = "assistants") -> str:
    return desk.client.files.create(file=(name, name.encode()), purpose=purpose).id  # type: ignore[arg-type]


def live_ids(desk: Desk) -> set[str]:
    return {each.id for each in (*desk.client.files.list(), *desk.client.vector_stores.list())}


def test_a_file_that_anything_uses_is_kept(desk: Desk) -> None:
    member, alone = upload(desk, "m.txt"), upload(desk, "x.txt")
    store = desk.client.vector_stores.create(file_ids=[member]).id
    candidates = desk.candidates(FILES)
    assert [each.id for each in candidates.chosen] == [alone]
    assert [(each.id, reason) for each, reason in candidates.kept] == [(member, f"{store} uses it")]
    assert desk.delete(candidates).deleted == [alone]
    assert live_ids(desk) == {member, store}


def test_what_is_deleted_too_uses_nothing(desk: Desk) -> None:
    member = upload(desk, "m.txt")
    desk.client.vector_stores.create(file_ids=[member])
    outcome = desk.delete(desk.candidates(EVERYTHING))
    assert len(outcome.deleted) == 2
    assert live_ids(desk) == set()


def test_what_a_managed_object_uses_is_kept(desk: Desk) -> None:
    member = upload(desk, "m.txt")
    desk.write({"a.yaml": f"vector_stores: {{mine: {{files: [{member}]}}}}\n"})
    desk.apply()
    candidates = desk.candidates(EVERYTHING)
    assert [(each.id, reason) for each, reason in candidates.kept] == [(member, "vector_store.mine uses it")]
    assert candidates.chosen == ()


def test_marks_of_others_and_other_purposes_are_kept(desk: Desk) -> None:
    owner = {"provision_owner": "shop/prod/vector_store.x", "provision_lineage": "l/op_1"}
    store = desk.client.vector_stores.create(metadata=owner).id
    batch = desk.client.files.create(file=("b.jsonl", b"{}\n"), purpose="batch").id
    kept = {each.id: reason for each, reason in desk.candidates(EVERYTHING).kept}
    assert kept == {
        store: "it belongs to shop/prod/vector_store.x",
        batch: "its purpose is batch, and which jobs use it is not known",
    }


def test_what_changed_after_it_was_listed_is_skipped(desk: Desk) -> None:
    store = desk.client.vector_stores.create(name="before").id
    gone = desk.client.vector_stores.create(name="gone").id
    candidates = desk.candidates(STORES)
    desk.client.vector_stores.update(store, name="after")
    desk.client.vector_stores.delete(gone)
    outcome = desk.delete(candidates)
    assert outcome.skipped == {store: "it was changed after it was listed; look at it again"}
    assert outcome.deleted == [gone]
    assert live_ids(desk) == {store}


def test_a_file_whose_store_is_skipped_is_kept(desk: Desk) -> None:
    member = upload(desk, "m.txt")
    store = desk.client.vector_stores.create(name="before", file_ids=[member]).id
    candidates = desk.candidates(EVERYTHING)
    desk.client.vector_stores.update(store, name="after")
    outcome = desk.delete(candidates)
    assert outcome.skipped[member] == f"{store} still uses it"
    assert live_ids(desk) == {member, store}


def test_users_of_one_type_are_followed_to_the_end() -> None:
    """An object is kept if what uses it is kept, in whatever order they are listed."""

    def user(id: str, standing: Standing = Standing.NOBODY) -> User:
        return User("agent", id, id, standing)

    first = Unmanaged("agent", Live("a", {}), users=(user("b"),))
    second = Unmanaged("agent", Live("b", {}), users=(user("assistant.x", Standing.MANAGED),))
    for objects in ((first, second), (second, first)):
        assert choose(Survey(objects, now=0), EVERYTHING).chosen == ()


def test_a_lost_state_blocks(desk: Desk) -> None:
    desk.write({"a.yaml": "vector_stores: {mine: {}}\n"})
    desk.apply()
    for each in (desk.folder / "state").iterdir():
        if each.is_file():
            each.unlink()
        else:
            for inner in each.rglob("*.json"):
                inner.unlink()
    with pytest.raises(Blocked, match="there is no state"):
        desk.candidates(EVERYTHING)


def test_the_wrong_key_blocks(desk: Desk) -> None:
    desk.write({"a.yaml": "vector_stores: {mine: {}}\n"})
    desk.apply()
    for store in desk.client.vector_stores.list():
        desk.client.vector_stores.delete(store.id)
    upload(desk, "x.txt")
    with pytest.raises(Blocked, match="is this the right key"):
        desk.candidates(EVERYTHING)


def test_unmarked_objects_are_kept_where_another_state_cannot_be_read(desk: Desk) -> None:
    settings = "project: test\nstate: ../state\nenvironments: {dev: {}, prod: {}}\n"
    desk.write({"provision.yaml": settings, "../state/dev.json": "{"})
    file, store = upload(desk, "x.txt"), desk.client.vector_stores.create(name="s").id
    candidates = Desk(desk.folder, desk.client, "prod").candidates(EVERYTHING)
    assert [each.id for each in candidates.chosen] == [store]
    assert [(each.id, reason) for each, reason in candidates.kept] == [
        (file, "environment dev may use it: not everything that it has is known")
    ]


def test_the_command_asks_and_guards(provision: WarmProvision, project: WriteProject, emulator: Emulators) -> None:
    project({"provision.yaml": "project: test\nstate: ../state\nenvironments: {prod: {protected: true}}\n"})
    client = emulator().client()
    store = client.vector_stores.create(name="Handbook").id
    options = ("--env", "prod")
    unfiltered = provision("gc", "--yes", *options)
    assert unfiltered.code == 1
    assert "choose what to delete" in unfiltered.stderr
    assert unfiltered.requests == ()
    protected = provision("gc", "--kind", "vector_store", "--yes", *options)
    assert (protected.code, "environment prod is protected" in protected.stderr) == (3, True)
    asked = provision("gc", "--kind", "vector_store", "--confirm", "prod", *options)
    assert (asked.code, "no terminal to ask on" in asked.stderr) == (3, True)
    assert store in asked.stdout
    for ended in (protected, asked):
        assert ended.count("DELETE", "/v1/vector_stores/*") == 0
    done = provision("gc", "--match", "Hand*", "--yes", "--confirm", "prod", "--json", *options)
    assert done.code == 0, done.stderr
    assert json.loads(done.stdout)["outcome"] == {"deleted": [store], "failed": [], "skipped": []}
    again = provision("gc", "--match", "Hand*", "--yes", "--confirm", "prod", *options)
    assert (again.code, "Nothing to delete." in again.stdout) == (0, True)
