"""`provision pull ADDRESS…`: what others changed is written into the manifests, and nothing else changes there."""

from __future__ import annotations

import json

import pytest

from tests.chaos.world import World
from tests.guards.steps import apply, assert_settled

FIRST = """\
# All that the school has.
vector_stores:
  handbook:   # of the staff
    name: 'Staff handbook'
    metadata: {owner: hr, "level": "1"}  # two pairs
    expires_after:
      days: 30  # a month
    files:
      - {path: notes/a.txt, attributes: {year: 1999}}   # the first
      - notes/b.txt

assistants:
  # The one who rhymes.
  poet:
    target: agents
    model: gpt-6-luna
    name: "Poet"
    instructions: |
      Rhyme.

      Always.
    metadata:
      team: arts   # not science
      gone: soon
    reasoning: {effort: low}
    tools:
      # what it may call
      - type: function
        name: look
        description: Looks.
        parameters: {type: object, properties: {}, required: [], additionalProperties: false}
        strict: false

  tutor:
    target: assistants
    description: Teaches.
    temperature: 0.5
    instructions: Teach.
    tools: [{type: file_search, vector_stores: [handbook]}]
"""
SECOND = {
    "    name: 'Staff handbook'": "    name: 'Handbook of ''25'",
    '    metadata: {owner: hr, "level": "1"}  # two pairs': '    metadata: {owner: it, "level": "1"}  # two pairs',
    "      days: 30  # a month": "      days: 60  # a month",
    "      - {path: notes/a.txt, attributes: {year: 1999}}   # the first": (
        "      - {path: notes/a.txt, attributes: {year: 2001, topic: law}}   # the first"
    ),
    '    name: "Poet"': '    name: "Bard"',
    "      Always.": "      Always, and well.",
    "      team: arts   # not science": "      team: music   # not science",
    "      gone: soon": None,
    "    reasoning: {effort: low}": "    reasoning: {effort: high}",
    "        name: look": "        name: seek",
    "    description: Teaches.": "    description: Teaches all.",
    "    temperature: 0.5": "    temperature: 1.0",
    "    instructions: Teach.": "    instructions: Teach well.",
}


@pytest.fixture
def school(world: World) -> World:
    """A store, an agent and an assistant, which are applied."""
    world.write("notes.yaml", FIRST)
    world.write("provision.yaml", "project: test\nstate: ../state\ndefaults: {model: gpt-4.1}\n")
    apply(world)
    return world


def drift(world: World) -> None:
    """Somebody changes every object by hand."""
    client = world.client()
    (store,) = client.vector_stores.list()
    client.vector_stores.update(
        store.id,
        name="Handbook of '25",
        metadata={**(store.metadata or {}), "owner": "it"},
        expires_after={"anchor": "last_active_at", "days": 60},
    )
    for each in client.vector_stores.files.list(store.id):
        if (each.attributes or {}).get("year") == 1999:
            attributes = {**(each.attributes or {}), "year": 2001, "topic": "law"}
            client.vector_stores.files.update(each.id, vector_store_id=store.id, attributes=attributes)
    (agent,) = client.beta.agents.list()
    tool = {**agent.tools[0].to_dict(), "name": "seek"}
    metadata = {**(agent.metadata or {}), "team": "music"}
    del metadata["gone"]
    client.beta.agents.update(
        agent.id,
        name="Bard",
        instructions="Rhyme.\n\nAlways, and well.",
        metadata=metadata,
        reasoning={"effort": "high"},
        tools=[tool],  # type: ignore[list-item]
    )
    (assistant,) = client.get("/assistants", cast_to=object, options={"headers": {"OpenAI-Beta": "assistants=v2"}})[
        "data"
    ]  # type: ignore[index]
    client.post(
        f"/assistants/{assistant['id']}",
        cast_to=object,
        body={"description": "Teaches all.", "temperature": 1.0, "instructions": "Teach well."},
        options={"headers": {"OpenAI-Beta": "assistants=v2"}},
    )


def expected(before: str) -> str:
    """The file in which only the lines of SECOND are other ones."""
    lines = [SECOND.get(line, line) for line in before.splitlines()]
    return "".join(f"{line}\n" for line in lines if line is not None)


@pytest.mark.thorough
def test_what_others_changed_is_written_and_every_other_line_stays(school: World) -> None:
    drift(school)
    file = school.root / "manifests/notes.yaml"
    checked = school.run("pull", "--drift", "--check")
    assert checked.code == 2, checked.said
    assert file.read_text() == FIRST
    pulled = school.run("pull", "assistant.poet", "assistant.tutor", "vector_store.handbook", "--json")
    assert pulled.code == 0, pulled.said
    assert [each["left"] for each in json.loads(pulled.out)["resources"]] == [[], [], []], pulled.said
    assert file.read_text() == expected(FIRST)
    assert_settled(school)
    again = school.run("pull", "--drift", "--check")
    assert (again.code, again.out.strip()) == (0, "no drift")
    apply(school)
    assert_settled(school)
