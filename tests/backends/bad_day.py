"""A day on which a server refuses, as the command line lives through it."""

from __future__ import annotations

import re
from contextlib import AbstractContextManager

from tests.backends.places import ACCOUNT_KEY, PASSWORD
from tests.chaos.declared import APPLY, assert_as_declared, read_state
from tests.chaos.keeping import Kept
from tests.chaos.sweeps import go_on
from tests.chaos.world import Ended, World

SETTINGS = "project: refused\nstate: ../state\ndefaults: {model: gpt-6-luna}\n"
MANIFEST = "vector_stores: {{notes: {{files: [note.txt]}}}}\nassistants: {{reader: {{instructions: {}}}}}\n"


def write(world: World, text: str) -> None:
    """A file, a store and an assistant, all of which change with the text."""
    world.write("provision.yaml", SETTINGS if world.kept is None else SETTINGS.replace("../state", world.kept.url))
    world.write("all.yaml", MANIFEST.format(text))
    world.write("note.txt", text)


def live_through(
    world: World, kept: Kept, day: AbstractContextManager[None], said: str, first: str = "Read.", second: str = "Write."
) -> None:
    """An apply that goes well, one on the day, and one after it, which makes everything as declared."""
    write(world, first)
    world.keep(kept)
    go_on(world, *APPLY)
    former = read_state(world)
    write(world, second)
    with day:
        check_told(world.run(*APPLY), said)
    assert read_state(world)["lineage"] == former["lineage"]
    go_on(world, *APPLY)
    assert_as_declared(world)
    assert read_state(world)["serial"] > former["serial"]


def check_told(ended: Ended, said: str) -> None:
    """What is wrong, where, and what to do; nothing that lets somebody in."""
    assert ended.code == 1, ended.said
    assert said in ended.err, ended.err
    assert re.search(r"(s3://|az://|postgresql://|git:)\S+ cannot be (used|read|written): ", ended.err), ended.err
    assert re.search("check the |free space |wait a little|wait until ", ended.err), ended.err
    assert PASSWORD not in ended.said
    assert ACCOUNT_KEY not in ended.said
