"""Random edits, deletions behind the back, kills and faults, one after the other, over real HTTP: it always converges.

The same over an account in memory, with many more examples, is in tests/plan; here are few, with everything real.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.chaos.declared import APPLY, assert_as_declared
from tests.chaos.projects import SKILL_FILE
from tests.chaos.proxy import Proxy, Rule
from tests.chaos.rules import Kill, Lose, Refuse, some
from tests.chaos.tally import Tally
from tests.chaos.world import World, read_account
from tests.chaos.worlds import new_world_in
from tests.warm.forks import Forks

pytestmark = pytest.mark.thorough

SETTINGS = "project: edits\nstate: ../state\ndefaults: {model: gpt-6-luna}\n"
TARGETS = ("responses", "agents", "assistants")
MANY, FEW = 150, 6

#: What is in the project: files by name with a content, stores by name with globs, assistants by name, and a skill.
Project = dict[str, str]


@st.composite
def projects(draw: st.DrawFn) -> Project:
    """Manifests by name. Nothing in them is invalid."""
    files = draw(st.dictionaries(st.sampled_from(["a/n.txt", "b/n.txt", "b/m.txt"]), st.sampled_from(["one", "two"])))
    stores = draw(st.lists(st.sampled_from(["x", "y"]), unique=True))
    written = {f"notes/{name}": f"{content} of {name}" for name, content in files.items()}
    skill = draw(st.sampled_from([None, "one", "two"]))
    if skill is not None:
        written |= {"skills/s/SKILL.md": SKILL_FILE, "skills/s/text": skill}
        written["skills.yaml"] = "skills: {s: {path: skills/s}}\n"
    lines = [f"  {name}: {{{_store(draw, files)}}}" for name in stores]
    body = "\n".join(["vector_stores:", *lines, ""]) if lines else ""
    assistants = [_assistant(draw, name, stores) for name in draw(st.lists(st.sampled_from(["p", "q"]), unique=True))]
    body += "\n".join(["assistants:", *assistants, ""]) if assistants else ""
    return {"provision.yaml": SETTINGS, "all.yaml": body, **written}


def _store(draw: st.DrawFn, files: dict[str, str]) -> str:
    members = ", ".join(f"notes/{name}" for name in sorted(files) if draw(st.booleans()))
    return f"name: {draw(st.sampled_from(['N', 'M']))}, files: [{members}]"


def _assistant(draw: st.DrawFn, name: str, stores: list[str]) -> str:
    target, text = draw(st.sampled_from(TARGETS)), draw(st.sampled_from(["Read.", "Write.", "읽어라."]))
    tools = ["code_interpreter"] if draw(st.booleans()) else []
    if stores and target != "agents" and draw(st.booleans()):
        tools.append(f"{{type: file_search, vector_stores: [{stores[0]}]}}")
    return f"  {name}: {{instructions: {text}, target: {target}, tools: [{', '.join(tools)}]}}"


def delete_some(world: World, number: int) -> None:
    """Somebody deletes an object."""
    account, client = read_account(world), world.client()
    ids = sorted(account.ids())
    if not ids:
        return
    id = ids[number % len(ids)]
    if id in account.files:
        client.files.delete(id)
    elif id in account.stores:
        client.vector_stores.delete(id)
    elif id in account.skills:
        client.skills.delete(id)
    elif id in account.agents:
        client.beta.agents.delete(id)
    elif id in account.templates:
        client.beta.agents.environments.templates.delete(id)
    else:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            client.beta.assistants.delete(id)


def kill(world: World, number: int) -> None:
    """An apply is killed."""
    world.run_and_kill(Kill(1 + number % 16, answered=number % 2 == 0), *APPLY, *FORCE)


def fail(rule: Callable[[int], Rule]) -> Callable[[World, int], None]:
    """An apply meets faults."""

    def apply(world: World, number: int) -> None:
        assert world.run(*APPLY, *FORCE, rule=rule(number)).code in (0, 1, 3)

    return apply


FORCE = ("--overwrite-drift", "--accept-account")
EVENTS: list[Callable[[World, int], None]] = [
    delete_some,
    kill,
    fail(lambda number: Lose(some(0.2, number), "after")),
    fail(lambda number: Refuse(some(0.2, number), 400)),
]

Event = tuple[Callable[[World, int], None], int]
events = st.tuples(st.sampled_from(EVENTS), st.integers(0, 99))
days = st.lists(st.tuples(projects(), st.lists(events, max_size=3)), min_size=1, max_size=3)


def test_whatever_happens_it_converges(forks: Forks, proxy: Proxy, tally: Tally) -> None:
    tally.begin("random edits, deletions, kills and faults", "all")

    @settings(max_examples=MANY if tally.whole else FEW, suppress_health_check=list(HealthCheck))
    @given(days)
    def live(found: list[tuple[Project, list[Event]]]) -> None:
        with tally.counted(), tempfile.TemporaryDirectory() as name, new_world_in(forks, proxy, Path(name)) as world:
            for project, happening in found:
                live_through(world, project, happening)

    live()


def live_through(world: World, project: Project, happening: list[Event]) -> None:
    """An edit, what happens then, and an apply that nothing disturbs."""
    world.rewrite(project)
    for event, number in happening:
        event(world, number)
    applied = world.run(*APPLY, *FORCE)
    assert applied.code == 0, applied.said
    assert_as_declared(world)
