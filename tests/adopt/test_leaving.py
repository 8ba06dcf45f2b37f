"""Adopted objects that stay at OpenAI when they leave the state: nothing that provision wrote into them is left."""

from __future__ import annotations

import pytest

from tests.chaos.world import World
from tests.guards.steps import apply, state_of

CODER = (
    "assistants:\n  coder: {name: coder, instructions: Code., target: agents, environment: {packages: {python: [a]}}}\n"
)
IMPORTS = "imports:\n  - {{to: assistant.coder, id: {agent}}}\n  - {{to: environment.coder, id: {template}}}\n"
THEIRS = {"team": "theirs"}


def adopt_agent(world: World) -> tuple[str, str]:
    client = world.client()
    agent = client.beta.agents.create(model="gpt-6-luna", name="coder", instructions="Code.", metadata=THEIRS).id
    template = client.beta.agents.environments.templates.create(name="tools", packages={"python": ["a"]}).id
    world.write("notes.yaml", IMPORTS.format(agent=agent, template=template) + CODER)
    apply(world)
    assert client.beta.agents.retrieve(agent).metadata.keys() >= {"team", "provision_owner", "provision_template"}
    return agent, template


@pytest.mark.thorough
def test_a_forgotten_agent_has_no_key_of_provision(world: World) -> None:
    agent, template = adopt_agent(world)
    world.write("notes.yaml", "assistants: {}\n")
    apply(world)
    assert world.client().beta.agents.retrieve(agent).metadata == THEIRS
    assert world.client().beta.agents.environments.templates.retrieve(template).name == "tools"


@pytest.mark.thorough
def test_a_replaced_agent_has_no_key_of_provision(world: World) -> None:
    agent, template = adopt_agent(world)
    world.write("notes.yaml", "assistants:\n  coder: {instructions: Code., target: responses}\n")
    apply(world)
    assert state_of(world)["records"]["assistant.coder"]["type"] == "definition"
    assert world.client().beta.agents.retrieve(agent).metadata == THEIRS
    assert world.client().beta.agents.environments.templates.retrieve(template).name == "tools"


def test_a_replaced_store_has_no_key_of_provision(world: World) -> None:
    store = world.client().vector_stores.create(name="Handbook", metadata=THEIRS).id
    entry = "vector_stores:\n  handbook: {name: Handbook}\n"
    world.write("notes.yaml", f"imports: [{{to: vector_store.handbook, id: {store}}}]\n{entry}")
    apply(world)
    world.write("notes.yaml", entry.replace("Handbook}", "Handbook, description: All rules}"))
    apply(world)
    assert state_of(world)["records"]["vector_store.handbook"]["id"] != store
    assert world.client().vector_stores.retrieve(store).metadata == THEIRS
