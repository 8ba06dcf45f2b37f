"""`provision pull ADDRESS… --env NAME`: a value of the environment is written where the environment sets it."""

from __future__ import annotations

import json

import pytest

from tests.chaos.world import World
from tests.guards.steps import apply

SETTINGS = """\
project: test
state: ../state
defaults: {model: gpt-4.1}
environments:
  dev:
    vector_stores: {handbook: {name: Draft}}
  prod:
    vector_stores:
      handbook:
        name: Rules   # of prod
        metadata: {stage: prod, level: "2"}
        files: [{path: a.txt, attributes: {year: 1999}}]
    assistants:
      poet:
        instructions: Rhyme in prod.
        metadata: {stage: prod}
        reasoning: {effort: low}
      coach["art"]: {name: Painter}
"""
NOTES = """\
vector_stores:
  handbook: {name: Handbook, metadata: {owner: hr, level: "1"}}
assistants:
  poet: {target: agents, model: gpt-6-luna, name: Poet, instructions: Rhyme., metadata: {team: arts}}
  coach: {for_each: [art, law], target: agents, model: gpt-6-luna, name: "Coach ${each.key}", instructions: Coach.}
"""


@pytest.fixture
def school(world: World) -> World:
    """Objects of the environment `prod`, which are applied."""
    world.write("provision.yaml", SETTINGS)
    world.write("notes.yaml", NOTES)
    world.write("a.txt", "a")
    apply(world, "--env", "prod")
    return world


def test_values_of_the_environment_are_written_there_and_others_where_they_are(school: World) -> None:
    client = school.client()
    (store,) = client.vector_stores.list()
    metadata = {**(store.metadata or {}), "stage": "live", "owner": "it"}
    del metadata["level"]
    client.vector_stores.update(store.id, name="Laws", metadata=metadata)
    (member,) = client.vector_stores.files.list(store.id)
    client.vector_stores.files.update(
        member.id, vector_store_id=store.id, attributes={**(member.attributes or {}), "year": 2001}
    )
    agents = {str(each.name): each for each in client.beta.agents.list()}
    client.beta.agents.update(
        agents["Poet"].id,
        name="Bard",
        instructions="Rhyme well in prod.",
        metadata={**(agents["Poet"].metadata or {}), "team": "music", "stage": "live"},
        reasoning={"effort": "high"},
    )
    client.beta.agents.update(agents["Painter"].id, name="Artist")
    client.beta.agents.update(agents["Coach law"].id, name="Lawyer")
    pulled = school.run("pull", "--drift", "--json", "--env", "prod")
    assert pulled.code == 0, pulled.said
    left = {each["address"]: each["left"] for each in json.loads(pulled.out)["resources"]}
    assert [each["path"] for each in left.pop('assistant.coach["law"]')] == ["name"]
    assert not any(left.values()), pulled.said
    changes = {
        "name: Rules   # of prod": "name: Laws   # of prod",
        'metadata: {stage: prod, level: "2"}': "metadata: {stage: live, level: null}",
        "year: 1999": "year: 2001",
        "Rhyme in prod.": "Rhyme well in prod.",
        "metadata: {stage: prod}\n": "metadata: {stage: live}\n",
        "effort: low": "effort: high",
        "Painter": "Artist",
    }
    wanted = SETTINGS
    for before, after in changes.items():
        assert before in wanted
        wanted = wanted.replace(before, after)
    assert (school.root / "manifests/provision.yaml").read_text() == wanted
    notes = NOTES.replace("owner: hr", "owner: it").replace("name: Poet", "name: Bard").replace("arts", "music")
    assert (school.root / "manifests/notes.yaml").read_text() == notes
