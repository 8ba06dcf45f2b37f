"""The commands of docs/adopt.md about an account that exists do what the text beside them says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

import pytest

from provisioner.manifest.migration.sources import HCL, JSON, SCRIPTS
from tests.adopt.objects import SAMPLES
from tests.chaos.world import World, read_account
from tests.docs.pages import Block, blocks, read
from tests.guards.steps import state_of

DOCUMENT = "docs/adopt.md"
SECTIONS = ("You have an account", "Write drift back", "You want to leave again")
NAMED = re.compile(r"# (manifests/\S+\.yaml)\n")


def objects(world: World) -> dict[str, str]:
    """What the document says that a team has: the ids in the document, with the real ones."""
    client = world.client()
    store = client.vector_stores.create(name="Handbook").id
    for name in ("rules.md", "holidays.md"):
        world.write(f"handbook/{name}", f"about {name}\n")
        id = client.files.create(file=(name, f"about {name}\n".encode()), purpose="assistants").id
        client.vector_stores.files.create_and_poll(id, vector_store_id=store)
    world.write("handbook/new.md", "new\n")
    agent = client.beta.agents.create(model="gpt-6-luna", name="Poet", instructions="Rhyme.").id
    return {"vs_68f0c1": store, "agent_68f0c2": agent}


def spell(text: str, ids: Mapping[str, str]) -> str:
    for shown, real in ids.items():
        text = text.replace(shown, real)
    return text


def section_of(block: Block) -> str:
    """The heading of the second level above a block."""
    above = read(DOCUMENT).splitlines()[: block.line]
    return next(line.removeprefix("## ") for line in reversed(above) if line.startswith("## "))


def carry_out(world: World, block: Block, ids: Mapping[str, str]) -> None:
    """Writes a manifest, or runs the commands of a block and compares what is shown below them."""
    text = spell(block.text, ids)
    if block.language == "yaml" and (named := NAMED.match(text)):
        world.write(named[1].removeprefix("manifests/"), text)
    said = ""
    for line in text.splitlines() if block.language in ("sh", "console") else ():
        words = shlex.split(line.removeprefix("$ "))
        if words[:1] == ["rm"]:
            (world.root / words[1]).unlink()
        elif words[:1] == ["provision"]:
            ended = world.run(*words[1:], *(["--grace", "0"] if "--yes" in words else []))
            assert ended.code == 0, ended.said
            said = ended.out
        else:
            assert " ".join(line.split()) in [" ".join(each.split()) for each in said.splitlines()], (line, said)


@pytest.mark.thorough
def test_the_commands_do_what_the_text_says(world: World) -> None:
    world.write("notes.yaml", "assistants: {}\n")
    ids = objects(world)
    chosen = [block for block in blocks(DOCUMENT) if section_of(block) in SECTIONS]
    assert {section_of(block) for block in chosen} == set(SECTIONS)
    for block in chosen:
        carry_out(world, block, ids)
    account = read_account(world)
    assert state_of(world)["records"] == {}
    assert (set(account.stores), set(account.agents)) == ({ids["vs_68f0c1"]}, {ids["agent_68f0c2"]})
    assert {file.filename for file in account.files.values()} == {"rules.md", "holidays.md", "new.md"}
    assert account.stores[ids["vs_68f0c1"]].name == "Staff handbook"
    assert SAMPLES["vector_store"].address not in state_of(world)["records"]


def test_the_document_names_each_source_that_needs_the_extra() -> None:
    table = next(part for part in read(DOCUMENT).split("\n\n") if part.startswith("| source | packages"))
    rows = {packages: source for _, source, packages, _ in (line.split("|") for line in table.splitlines()[2:])}
    needed = {" `ijson` ": JSON, " `python-hcl2` ": HCL, " `tree-sitter`, `tree-sitter-typescript` ": SCRIPTS}
    assert {packages: set(re.findall(r"`(\.\w+)`", source)) for packages, source in rows.items()} == {
        packages: set(suffixes) for packages, suffixes in needed.items()
    }
