"""States and exported files with wrong types and deep values: each is an error, and never a traceback of Python."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner import load, load_id
from provisioner.core.errors import ProvisionError, StateError
from provisioner.state.hashing import digest

VALUES: tuple[Any, ...] = (None, 1, 1.5, True, "", "x", [], {}, ["x"], [{"a": 1}], {"runtime": "X"})
DEFINITION = {"model": "m", "tools": [{"type": "mcp", "headers": {"X": {"runtime": "X"}}}]}
STATE = {
    "format": 1,
    "project": "demo",
    "environment": "default",
    "records": {
        "assistant.a": {"type": "definition", "id": "a@1", "inputs": DEFINITION, "release": 1},
        "assistant.b": {"type": "agent", "id": "agent_1"},
    },
}
EXPORTED = {
    "format": 1,
    "project": "demo",
    "environment": "default",
    "assistants": {
        "a": {"target": "responses", "release": 1, "definition": DEFINITION},
        "b": {"target": "agents", "id": "agent_1", "environment_template_id": "envtmpl_1"},
    },
    "vector_stores": {"v": {"id": "vs_1"}},
}


def changed(body: Any) -> Iterator[Any]:
    """Yields the body with each of its values replaced by each of VALUES."""
    yield from VALUES
    items = list(body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ())
    for key, item in items:
        for each in changed(item):
            copy = dict(body) if isinstance(body, dict) else list(body)
            copy[key] = each
            yield copy


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def attempt(path: Path) -> int:
    """Loads everything from a place. Returns the number of errors."""
    count = 0
    for call, name in ((load, "a"), (load_id, "a"), (load_id, "b"), (load_id, "vector_store.v"), (load, "unknown")):
        arguments: dict[str, Any] = {"secrets": {"X": "0123456789"}} if call is load else {}
        try:
            call(name, path=path, **arguments)
        except ProvisionError:
            count += 1
    return count


def project(folder: Path, text: str) -> Path:
    (folder / "manifests").mkdir(parents=True)
    (folder / "manifests/provision.yaml").write_text("project: demo\n")
    (folder / "state").mkdir()
    (folder / "state/default.json").write_text(text)
    return folder


def test_exported_files_with_wrong_types(tmp_path: Path) -> None:
    for number, body in enumerate([EXPORTED, *changed(EXPORTED)]):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps(body))
        assert attempt(path) >= 2  # the definition has no id, and nothing is called `unknown`


def test_states_with_wrong_types_and_a_fitting_digest(tmp_path: Path) -> None:
    for number, body in enumerate([STATE, *changed(STATE)]):
        text = json.dumps({**body, "digest": digest(body)} if isinstance(body, dict) else body)
        assert attempt(project(tmp_path / str(number), text)) >= 2


@pytest.mark.parametrize("depth", [500, 1_500, 100_000])
def test_deep_values(tmp_path: Path, depth: int) -> None:
    path = tmp_path / "exported.json"
    path.write_text(json.dumps(EXPORTED).replace('"m"', nested(depth)))
    with pytest.raises(StateError):
        load("a", path=path, secrets={"X": "0123456789"})
    assert attempt(project(tmp_path / "p", json.dumps(STATE).replace('"m"', nested(depth)))) >= 2
