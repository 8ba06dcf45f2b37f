"""Compares the account, the state and the manifests after a soak, independently of the product's own reading."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from provisioner.core.address import Address
from provisioner.state.backends import open_backend
from provisioner.state.records import Record
from tests.soak.edited_project import EditedProject

if TYPE_CHECKING:
    from openai import OpenAI

#: The type of records that have no object at OpenAI.
WITHOUT_OBJECT = "definition"


def find_differences(project: EditedProject, client: OpenAI) -> list[str]:
    """Returns, as sentences, the live objects that are neither recorded nor retired, the recorded ones that are not
    live, and the declared contents that are not there.
    """
    state = open_backend(str(project.root / "state"), "default").read()
    assert state is not None
    records = [each for each in state.records.values() if each.type != WITHOUT_OBJECT]
    recorded, retired = {each.id for each in records}, {each.id for each in state.retired}
    live = dict(_live(client))
    return [
        *(
            f"{live[id]} {id} is live, and neither recorded nor retired"
            for id in sorted(live.keys() - recorded - retired)
        ),
        *(f"{each.address} is recorded as {each.id}, which is not live" for each in records if each.id not in live),
        *_compare_stores(project, client, {str(each.address): each.id for each in records if each.id in live}),
        *_compare_names("vector_store", set(project.stores), state.records),
        *_compare_names("assistant", set(project.assistants), state.records),
    ]


def _compare_stores(project: EditedProject, client: OpenAI, ids: Mapping[str, str]) -> Iterator[str]:
    """Yields a sentence for each store that does not hold exactly its declared files. `ids` has the live ones."""
    for store, files in project.stores.items():
        id = ids.get(f"vector_store.{store}")
        if id is None:
            continue  # That it is missing is another sentence.
        folder = f"manifests/books/{store}"
        declared = Counter({(f"{folder}/{name}", sha256(text.encode()).hexdigest()): 1 for name, text in files.items()})
        actual: Counter[tuple[str, str]] = Counter()
        for member in client.vector_stores.files.list(id, limit=100):
            attributes = member.attributes or {}
            actual[str(attributes.get("path")), str(attributes.get("sha256"))] += 1
        if actual != declared:
            more, missing = dict(actual - declared), dict(declared - actual)
            yield f"vector_store.{store} does not hold what is declared; it has too much: {more}; it lacks: {missing}"


def _compare_names(kind: str, declared: set[str], records: Mapping[Address, Record]) -> Iterator[str]:
    """Yields a sentence for each name of a kind that is declared or recorded, but not both."""
    recorded = {address.name for address in records if address.kind == kind}
    yield from (f"{kind}.{name} is declared, and not recorded" for name in sorted(declared - recorded))
    yield from (f"{kind}.{name} is recorded, and not declared" for name in sorted(recorded - declared))


def _live(client: OpenAI) -> Iterator[tuple[str, str]]:
    """Yields the id and the type of every live object."""
    agents = client.beta.agents
    lists: dict[str, Any] = {
        "file": client.files.list,
        "vector_store": client.vector_stores.list,
        "agent": agents.list,
        "environment": agents.environments.templates.list,
        "assistant": client.beta.assistants.list,
    }
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        for kind, read in lists.items():
            yield from ((each.id, kind) for each in read(limit=100))
