"""What the suites of the guards do again and again."""

from __future__ import annotations

import json
import shutil
from typing import Any

from provisioner.state.records import digest
from tests.chaos.world import Account, Ended, World, read_account

SETTINGS = """\
project: test
state: ../state
defaults: {model: gpt-6-luna}
"""

NOTES = """\
vector_stores:
  notes: {files: ["notes/*.txt"]}
assistants:
  reader:
    instructions: Read.
    tools: [{type: file_search, vector_stores: [notes]}]
  poet: {instructions: Rhyme., target: agents}
"""


def apply(world: World, *options: str) -> Ended:
    """Applies without being asked, and it goes well."""
    applied = world.run("apply", "--yes", "--grace", "0", *options)
    assert applied.code == 0, applied.said
    return applied


def assert_settled(world: World) -> None:
    """Nothing is left to do."""
    planned = world.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.said


def writes(world: World) -> list[str]:
    """What the last command asked the account to change, as `POST /v1/files`."""
    return [f"{each.method} {each.path}" for each in world.proxy.exchanges if each.method != "GET"]


def assert_refused(world: World, ended: Ended, code: int, *messages: str) -> None:
    """The command ended with this code and these messages, and asked for no change."""
    assert ended.code == code, ended.said
    missing = [message for message in messages if message not in ended.said]
    assert not missing, (missing, ended.said)
    assert writes(world) == []


def state_of(world: World) -> dict[str, Any]:
    """The state's text."""
    body: dict[str, Any] = json.loads(world.state_file.read_text(encoding="utf-8"))
    return body


def counts(world: World) -> dict[str, int]:
    """How many objects of each type are live, zeros left out."""
    account: Account = read_account(world)
    numbers = {
        "files": len(account.files),
        "stores": len(account.stores),
        "agents": len(account.agents),
        "templates": len(account.templates),
        "assistants": len(account.assistants),
    }
    return {name: number for name, number in numbers.items() if number}


def put_state(world: World, body: dict[str, Any], *, knowing: bool = False) -> None:
    """Writes a state by hand, as somebody would who wants it to be believed: its digest fits.

    The history goes, as in a fresh clone, unless it is to know better.
    """
    rest = {key: value for key, value in body.items() if key != "digest"}
    text = json.dumps({**rest, "digest": digest(rest)}, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
    world.state_file.write_text(text, encoding="utf-8")
    if not knowing:
        shutil.rmtree(world.state_file.with_suffix(".history"), ignore_errors=True)
