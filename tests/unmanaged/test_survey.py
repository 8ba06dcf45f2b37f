"""`provision unmanaged` lists what no record names, and what uses it."""

from __future__ import annotations

import json

import pytest

from provisioner.core.objecttype import TYPES
from provisioner.openai_api.collections.collection import Live
from provisioner.planning.unmanaged import SURVEYED, Selection, Survey, Unmanaged
from provisioner.project.unmanaged import price_storage, survey_project
from provisioner.review.render.unmanaged_json import unmanaged_json
from provisioner.review.render.unmanaged_text import SHOWN, unmanaged_text
from tests.conftest import Emulators, WriteProject
from tests.unmanaged.steps import Desk
from tests.warm.commands import WarmProvision

pytestmark = pytest.mark.filterwarnings("ignore:deprecated")  # the SDK's word on the Assistants API

MANAGED = """\
vector_stores:
  mine: {files: [a.txt]}
assistants:
  tutor:
    instructions: Hi.
    tools:
      - {type: file_search, vector_stores: [mine]}
      - {type: code_interpreter, container: {files: [b.txt]}}
"""


def managed(desk: Desk) -> None:
    desk.write({"mine.yaml": MANAGED, "a.txt": "alpha", "b.txt": "beta"})
    desk.apply()


def upload(desk: Desk, name: str, purpose: str = "assistants") -> str:
    return desk.client.files.create(file=(name, name.encode()), purpose=purpose).id  # type: ignore[arg-type]


def found(desk: Desk) -> dict[str, tuple[str | None, list[str]]]:
    """The owner and the users of each unmanaged object, by its id."""
    return {each.id: (each.owner, sorted(map(str, each.users))) for each in desk.survey().objects}


def test_what_is_recorded_is_not_listed(desk: Desk) -> None:
    managed(desk)
    assert found(desk) == {}


def test_each_type_is_listed_with_what_uses_it(desk: Desk) -> None:
    client = desk.client
    managed(desk)
    member, tool, alone = upload(desk, "m.txt"), upload(desk, "t.txt"), upload(desk, "x.txt", "user_data")
    store = client.vector_stores.create(name="Handbook", file_ids=[member]).id
    template = client.beta.agents.environments.templates.create(name="hand/made").id
    agent = client.beta.agents.create(model="gpt-6-luna", metadata={"provision_template": template}).id
    assistant = client.beta.assistants.create(
        model="gpt-4o",
        tools=[{"type": "file_search"}, {"type": "code_interpreter"}],
        tool_resources={"file_search": {"vector_store_ids": [store]}, "code_interpreter": {"file_ids": [tool]}},
    ).id
    assert found(desk) == {
        member: (None, [store]),
        tool: (None, [assistant]),
        alone: (None, []),
        store: (None, [assistant]),
        template: (None, [agent]),
        agent: (None, []),
        assistant: (None, []),
    }


def test_a_managed_store_and_a_definition_are_users(desk: Desk) -> None:
    managed(desk)
    member, named = upload(desk, "m.txt"), upload(desk, "n.txt")
    (store,) = desk.client.vector_stores.list().data
    desk.client.vector_stores.files.create(store.id, file_id=member)
    desk.write(
        {"raw.yaml": f"assistants: {{raw: {{tools: [{{type: code_interpreter, container: {{files: [{named}]}}}}]}}}}"}
    )
    desk.apply()
    assert found(desk) == {member: (None, ["vector_store.mine"]), named: (None, ["assistant.raw"])}


def test_marks_of_others_are_named(desk: Desk) -> None:
    managed(desk)
    owner = {"provision_owner": "shop/prod/vector_store.x", "provision_lineage": "l/op_1"}
    store = desk.client.vector_stores.create(metadata=owner).id
    again = desk.client.vector_stores.create(
        metadata={"provision_owner": "test/default/vector_store.mine", "provision_lineage": "other/op_1"}
    ).id
    listed = found(desk)
    assert listed[store] == ("shop/prod/vector_store.x", [])
    assert listed[again] == ("test/default/vector_store.mine of another state (lineage other)", [])


def test_other_environments_are_read_from_their_states(desk: Desk) -> None:
    settings = "project: test\nstate: ../state\ndefaults: {model: gpt-6-luna}\nenvironments: {dev: {}, prod: {}}\n"
    desk.write({"provision.yaml": settings, "mine.yaml": MANAGED, "a.txt": "alpha", "b.txt": "beta"})
    Desk(desk.folder, desk.client, "dev").apply()
    listed = {owner for owner, _ in found(Desk(desk.folder, desk.client, "prod")).values()}
    assert listed == {
        "test/dev/vector_store.mine",
        'test/dev/file["manifests/a.txt"]',
        'test/dev/file["manifests/b.txt"]',
    }


def test_a_state_that_cannot_be_read_is_said(desk: Desk) -> None:
    settings = "project: test\nstate: ../state\nenvironments: {dev: {}, prod: {}}\n"
    desk.write({"provision.yaml": settings, "../state/dev.json": "{"})
    upload(desk, "x.txt")
    survey = Desk(desk.folder, desk.client, "prod").survey()
    assert set(survey.unread) == {"dev"}
    assert "Not everything that environment dev uses is known" in unmanaged_text(survey, None)


def survey_of(count: int) -> Survey:
    lives = [Live(f"file-{n}", {"filename": f"{n}.txt", "bytes": 5}, created_at=1000 + n) for n in range(count)]
    return Survey(tuple(Unmanaged("file", live) for live in lives), now=1000 + 90_000)


def test_thousands_of_rows_are_counted_and_all_shows_them() -> None:
    survey = survey_of(3_000)
    lines = unmanaged_text(survey, None).splitlines()
    assert len(lines) == SHOWN + 2
    assert lines[0] == "3,000 files:"
    assert lines[-1] == "  and 2,980 more (--all shows them)"
    assert len(unmanaged_text(survey, None, everything=True).splitlines()) == 3_001
    assert len(unmanaged_json(survey, None)["objects"]) == 3_000


def test_hidden_characters_of_names_are_escaped() -> None:
    live = Live("vs_1", {"name": "a\u202eb\n\x1b[31m"}, created_at=1)
    text = unmanaged_text(Survey((Unmanaged("vector_store", live),), now=10), None)
    assert "a\\u202eb\\n\\x1b[31m" in text


@pytest.mark.parametrize(
    ("selection", "selected"),
    [
        (Selection(), True),
        (Selection(types=("file",)), True),
        (Selection(types=("skill",)), False),
        (Selection(patterns=("*.txt",)), True),
        (Selection(patterns=("file-*",)), True),
        (Selection(patterns=("é*",)), True),
        (Selection(patterns=("E*", "*.pdf")), False),
        (Selection(older_than=3600), True),
        (Selection(older_than=3601), False),
        (Selection(types=("file",), patterns=("*.txt",), older_than=0), True),
    ],
)
def test_a_filter_selects(selection: Selection, selected: bool) -> None:
    each = Unmanaged("file", Live("file-1", {"filename": "e\u0301.txt"}, created_at=1000))
    assert selection.selects(each, 4600) is selected


def test_an_unknown_age_is_never_old_enough() -> None:
    assert not Selection(older_than=0).selects(Unmanaged("file", Live("file-1", {})), 4600)


def test_the_storage_of_empty_stores_has_a_price_too(desk: Desk) -> None:
    desk.write({"a.yaml": "assistants: {}\n"})
    with desk.open() as project:
        found, _ = survey_project(project, desk.choice)
        assert price_storage(found, project) is None
        desk.client.vector_stores.create(name="Empty")
        found, _ = survey_project(project, desk.choice)
        storage = price_storage(found, project)
    assert "Vector storage that nobody manages: 0 B of 0 B; 0.00 of 0.00 USD a month" in unmanaged_text(found, storage)
    assert unmanaged_json(found, storage)["storage"] == {
        "bytes": 0,
        "bytes_unmanaged": 0,
        "usd_per_month": 0,
        "usd_per_month_without": 0,
    }


def test_every_remote_type_is_looked_for() -> None:
    remote = {each.name for each in TYPES.values() if not each.local and each.version_of is None}
    assert set(SURVEYED) == remote


def test_the_command_calls_lists_alone(provision: WarmProvision, project: WriteProject, emulator: Emulators) -> None:
    server = emulator(fail=("* /assistants* 404",))
    client = server.client()
    project({"empty.yaml": ""})
    store = client.vector_stores.create(name="Handbook").id
    client.files.create(file=("x.txt", b"x"), purpose="assistants")
    listed = provision("unmanaged")
    assert listed.code == 0, listed.stderr
    assert store in listed.stdout
    assert "Not listed: the server does not know assistants (404)." in listed.stdout
    assert {each.method for each in listed.requests} == {"GET"}
    assert len(listed.requests) == 7  # six types, and the files of one store
    body = json.loads(provision("unmanaged", "--json", "--kind", "vector_store").stdout)
    assert [each["id"] for each in body["objects"]] == [store]
    assert [each["type"] for each in body["missing"]] == ["assistant"]
