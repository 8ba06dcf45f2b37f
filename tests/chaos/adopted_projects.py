"""Projects whose objects others made: a store with files, and an assistant, agent or template, all named by imports."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from tests.chaos.declared import read_state
from tests.chaos.projects import TARGETS
from tests.chaos.world import World, read_account

if TYPE_CHECKING:
    from openai import OpenAI

THEIRS = {"team": "theirs"}
#: Who is on each target, and what of it others made before: addresses and how each was made.
READER = "assistants:\n  reader: {instructions: Read., tools: [{type: file_search, vector_stores: [handbook]}]}\n"
POET = """\
assistants:
  poet:
    name: poet
    instructions: Rhyme.
    target: agents
    environment: {packages: {python: [pandas]}, network: {access: disabled}}
"""
STORE = 'vector_stores:\n  handbook: {name: Handbook, files: ["docs/*.txt"]}\n'
#: The files that the store has already, with their attributes there. The last one is named by an import.
FILES = {
    "a.txt": ("first", {"sha256": sha256(b"first").hexdigest()}),
    "b.txt": ("second", {}),
    "c.txt": ("third", {}),
}


def write_adopted(world: World, target: str) -> None:
    """Others make the objects, and manifests import them. One file is only here."""
    world.write("provision.yaml", f"project: adopted\nstate: ../state\ntarget: {target}\ndefaults: {{model: gpt-4o}}\n")
    with world:
        client = world.client()
        ids = {name: _upload(client, name, text) for name, (text, _) in FILES.items()}
        store = client.vector_stores.create(name="Handbook", metadata=dict(THEIRS)).id
        for name, (_, attributes) in FILES.items():
            client.vector_stores.files.create_and_poll(ids[name], vector_store_id=store, attributes=dict(attributes))
        imports = {"vector_store.handbook": store, 'file["manifests/docs/c.txt"]': ids["c.txt"]}
        imports |= MAKERS[target](client)
    for name, (text, _) in FILES.items():
        world.write(f"docs/{name}", text)
    world.write("docs/ours.txt", "ours")
    entries = "".join(f"  - to: {to}\n    id: {id}\n" for to, id in imports.items())
    world.write("all.yaml", f"imports:\n{entries}{STORE}{POET if target == 'agents' else READER}")


def change_adopted(world: World) -> None:
    """An update, another name, a replaced file of ours, and a new one."""
    for old, new in (("Rhyme.", "Rhyme well."), ("Read.", "Read well.")):
        if old in (world.root / "manifests/all.yaml").read_text(encoding="utf-8"):
            world.edit("all.yaml", old, new)
    world.edit("all.yaml", "name: Handbook", "name: Rules")
    world.write("docs/ours.txt", "ours, second edition")
    world.write("docs/new.txt", "new")


def rename_adopted(world: World) -> None:
    """Other addresses by `moved:`, and the imports follow."""
    text, moved = (world.root / "manifests/all.yaml").read_text(encoding="utf-8"), ""
    for kind, old, new in (
        ("vector_store", "handbook", "rules"),
        ("assistant", "poet", "bard"),
        ("assistant", "reader", "scholar"),
    ):
        if f"  {old}:" in text:
            moved += f"  - {{from: {kind}.{old}, to: {kind}.{new}}}\n"
        text = text.replace(f"  {old}:", f"  {new}:").replace(f"[{old}]", f"[{new}]").replace(f".{old}\n", f".{new}\n")
    world.write("all.yaml", text)
    world.write("moved.yaml", f"moved:\n{moved}")


def assert_forgotten(world: World) -> None:
    """Nothing is recorded; what others made is there, without our marks, with the file that we put into their store."""
    state = read_state(world)
    assert (state["records"], state["retired"]) == ({}, [])
    assert not world.has_journal()
    account = read_account(world)
    assert sorted(file.filename for file in account.files.values()) == sorted([*FILES, "ours.txt"])
    assert len(account.stores) == 1
    for each in (*account.stores.values(), *account.agents.values(), *account.assistants.values()):
        assert each.metadata == THEIRS
    assert {each.name for each in account.templates.values()} <= {"data / tools"}


def _upload(client: OpenAI, name: str, text: str) -> str:
    return client.files.create(file=(name, text.encode()), purpose="assistants").id


def _agent(client: OpenAI) -> dict[str, str]:
    packages: Any = {"python": ["pandas"]}
    agents = client.beta.agents
    made = agents.create(model="gpt-4o", name="poet", instructions="Rhyme.", metadata=dict(THEIRS))
    template = agents.environments.templates.create(name="data / tools", packages=packages)
    return {"assistant.poet": made.id, "environment.poet": template.id}


def _assistant(client: OpenAI) -> dict[str, str]:
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        made = client.beta.assistants.create(model="gpt-4o", name="reader", metadata=dict(THEIRS))
    return {"assistant.reader": made.id}


MAKERS: dict[str, Callable[[OpenAI], dict[str, str]]] = {
    "responses": lambda client: {},
    "agents": _agent,
    "assistants": _assistant,
}
Write = Callable[[World], None]
#: Project, what is written first, how it changes, and how its resources are renamed.
ADOPTED: dict[str, tuple[Write, Write, Write]] = {
    f"adopted, {target}": (partial(write_adopted, target=target), change_adopted, rename_adopted) for target in TARGETS
}
