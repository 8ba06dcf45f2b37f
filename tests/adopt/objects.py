"""Objects that others made, one of each type that can be imported, and manifests that say what they become."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.chaos.world import World

if TYPE_CHECKING:
    from openai import OpenAI

Make = Callable[["OpenAI"], str]


@dataclass(frozen=True, slots=True)
class Sample:
    """How others make an object, the manifest that it matches, and an edit of the manifest with what it changes."""

    address: str
    make: Make
    manifest: str
    edit: tuple[str, str]
    changed: tuple[str, Any]
    resource: Callable[[OpenAI], Any]

    def import_of(self, id: str) -> str:
        """The section `imports:`."""
        return f"imports:\n  - {json.dumps({'to': self.address, 'id': id})}\n"


THEIRS = {"team": "theirs"}


def _store(client: OpenAI) -> str:
    return client.vector_stores.create(name="Handbook", metadata=dict(THEIRS)).id


def _agent(client: OpenAI) -> str:
    made = client.beta.agents.create(model="gpt-6-luna", name="poet", instructions="Rhyme.", metadata=dict(THEIRS))
    return made.id


def _assistant(client: OpenAI) -> str:
    made = client.beta.assistants.create(
        model="gpt-4o", name="poet", instructions="Rhyme.", temperature=0.5, metadata=dict(THEIRS)
    )
    return made.id


def _template(client: OpenAI) -> str:
    packages: Any = {"python": ["pandas"]}
    return client.beta.agents.environments.templates.create(name="data / tools", packages=packages).id


SAMPLES: Mapping[str, Sample] = {
    "vector_store": Sample(
        "vector_store.handbook",
        _store,
        "vector_stores:\n  handbook: {name: Handbook, metadata: {topic: rules}}\n",
        ("name: Handbook", "name: Rules"),
        ("name", "Rules"),
        lambda client: client.vector_stores,
    ),
    "agent": Sample(
        "assistant.poet",
        _agent,
        "assistants:\n  poet: {name: poet, instructions: Rhyme., target: agents}\n",
        ("Rhyme.", "Rhyme well."),
        ("instructions", "Rhyme well."),
        lambda client: client.beta.agents,
    ),
    "assistant": Sample(
        "assistant.poet",
        _assistant,
        "assistants:\n  poet: {name: poet, model: gpt-4o, instructions: Rhyme., target: assistants}\n",
        ("Rhyme.", "Rhyme well."),
        ("instructions", "Rhyme well."),
        lambda client: client.beta.assistants,
    ),
    "environment_template": Sample(
        "environment.coder",
        _template,
        "assistants:\n  coder: {instructions: Code., target: agents, environment: {packages: {python: [pandas]}}}\n",
        ("[pandas]", "[pandas, numpy]"),
        ("packages", {"npm": [], "python": ["pandas", "numpy"], "system": []}),
        lambda client: client.beta.agents.environments.templates,
    ),
}


def read(world: World, sample: Sample, id: str) -> dict[str, Any]:
    """The object as the API returns it."""
    found: dict[str, Any] = sample.resource(world.client()).retrieve(id).to_dict(mode="json")
    return found
