"""Whether the account is what the manifests say: one object for each address, the right one, and nothing else.

What should be there is worked out from the folder and from `provision output`, not from the state's own claims.
"""

from __future__ import annotations

import json
from collections import Counter
from hashlib import sha256
from typing import Any

from provisioner.state.backends import open_backend
from provisioner.state.records import dump
from provisioner.state.release_storage import open_releases
from provisioner.state.releases.content import ContentReader, assistants
from tests.chaos.world import Account, World, read_account

#: What `apply` is told in these tests: not to ask, and that no request of a killed run can be on its way any more.
APPLY = ("apply", "--yes", "--grace", "0")

EMPTY = '{"records": {}, "retired": []}'


def assert_converges(world: World, *options: str) -> None:
    """One apply without faults, after which everything is as declared."""
    applied = world.run(*APPLY, *options)
    assert applied.code == 0, applied.said
    assert_as_declared(world)


def assert_as_declared(world: World) -> None:
    """One live object for each address with the right content, no orphan, and an empty plan."""
    planned = world.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.said
    assert not world.has_journal()
    state = read_state(world)
    account = read_account(world)
    recorded = [record["id"] for record in state["records"].values() if record["type"] != "definition"]
    assert state["retired"] == []
    assert Counter(recorded) == Counter(account.ids()), (recorded, account)
    output = json.loads(world.run("output", "--json").out)
    _check_files(world, output, account)
    _check_stores(world, output, account)
    _check_skills(world, output, account)
    _check_assistants(output, account)
    _check_releases(world)


def assert_nothing_is_left(world: World) -> None:
    """The account is empty, and so is the state."""
    assert read_account(world).ids() == set()
    state = read_state(world)
    assert (state["records"], state["retired"]) == ({}, [])
    assert not world.has_journal()


def read_state(world: World) -> dict[str, Any]:
    """The state, empty where nothing was ever applied."""
    body: dict[str, Any] = json.loads(_state_text(world) or EMPTY)
    return body


def _state_text(world: World) -> str:
    if world.kept is not None:
        state = world.kept.backend.read()
        return dump(state) if state else ""
    return world.state_file.read_text(encoding="utf-8") if world.state_file.exists() else ""


def content_of(world: World, path: str) -> str:
    """The SHA-256 of a file of the project; `path` is from its root."""
    return sha256((world.root / path).read_bytes()).hexdigest()


def _check_files(world: World, output: dict[str, Any], account: Account) -> None:
    for address, item in output["files"].items():
        path = json.loads(address.removeprefix("file[").removesuffix("]"))
        assert account.contents[item["id"]] == content_of(world, path), address
        assert account.files[item["id"]].filename == path.rpartition("/")[2]


def _check_stores(world: World, output: dict[str, Any], account: Account) -> None:
    """Each store holds whole files, each under the path that it has in the folder, each once."""
    assert {item["id"] for item in output["vector_stores"].values()} == set(account.stores)
    for members in account.members.values():
        paths = Counter(str(member.attributes["path"]) for member in members.values())
        assert set(paths.values()) <= {1}, paths
        for id, member in members.items():
            assert member.status == "completed"
            assert account.contents[id] == content_of(world, str(member.attributes["path"]))
            assert member.attributes["sha256"] == account.contents[id]


def _check_skills(world: World, output: dict[str, Any], account: Account) -> None:
    """Each skill has one version, which is used and holds what lies in the folder of its name."""
    assert {item["id"] for item in output["skills"].values()} == set(account.skills)
    for name, item in output["skills"].items():
        folder = world.root / "manifests/skills" / name
        files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
        (version,) = account.versions[item["id"]]
        assert account.skills[item["id"]].default_version == version
        declared = {path: content_of(world, f"manifests/skills/{name}/{path}") for path in files}
        assert account.versions[item["id"]][version] == declared


def _check_assistants(output: dict[str, Any], account: Account) -> None:
    """Every id that an assistant names is live, and each assistant is there once."""
    saved = {item["id"] for item in output["assistants"].values() if "id" in item}
    assert saved == {*account.agents, *account.assistants}
    names = Counter(str(each.name) for each in (*account.agents.values(), *account.assistants.values()))
    assert set(names.values()) <= {1}, names
    named = json.dumps([output["assistants"], [each.to_dict(mode="json") for each in _naming(account)]])
    for id in _ids_in(json.loads(named)):
        assert id in account.ids(), (id, named)


def _check_releases(world: World) -> None:
    """Every assistant has its present content as its last release, no number is missing, and every content is kept."""
    backend = world.kept.backend if world.kept else open_backend(str(world.state_file.parent), world.state_file.stem)
    state = backend.read()
    if state is None:
        return  # nothing was ever applied
    releases, reader = open_releases(backend, state), ContentReader(state)
    for record in assistants(state):
        found = releases.of(record.address)
        assert [each.number for each in found] == list(range(1, len(found) + 1)), record.address
        assert found[-1].digest == reader.read(record).digest(), record.address
        for each in found:
            releases.read(each)


def _naming(account: Account) -> list[Any]:
    return [*account.agents.values(), *account.templates.values(), *account.assistants.values()]


def _ids_in(value: Any) -> set[str]:
    """Everything that looks like an id of a file, a store or a skill."""
    if isinstance(value, dict):
        return set().union(*map(_ids_in, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_ids_in, value)) if value else set()
    is_id = isinstance(value, str) and value.startswith(("file-", "vs_", "skill_")) and " " not in value
    return {value} if is_id and value != "skill_reference" else set()
