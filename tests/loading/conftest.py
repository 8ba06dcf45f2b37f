"""Projects with a state, as an application finds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from provisioner.core.address import Address
from provisioner.project.loading.cache import forget
from provisioner.state.records import Record, State, dump
from tests.backends.servers import servers

__all__ = ["servers"]

SETTINGS = "project: library\nstate: ../state\n"
POET: dict[str, Any] = {"model": "gpt-6-luna", "instructions": "Rhyme.", "tools": []}


class Project:
    """A project in a folder, whose state the tests write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings(SETTINGS)

    def settings(self, text: str) -> None:
        (self.root / "manifests").mkdir(exist_ok=True)
        (self.root / "manifests/provision.yaml").write_text(text, encoding="utf-8")

    def state(self, *records: Record, environment: str = "default", project: str = "library") -> State:
        """Writes a state with these records."""
        state = State("lineage", 1, "account", project, environment, {each.address: each for each in records}, claim="")
        self.path(environment).parent.mkdir(exist_ok=True)
        self.path(environment).write_text(dump(state), encoding="utf-8")
        return state

    def path(self, environment: str = "default") -> Path:
        return self.root / "state" / f"{environment}.json"


def definition(name: str = "poet", inputs: Mapping[str, Any] = POET, release: int = 1) -> Record:
    address = Address("assistant", name)
    return Record(address, "definition", f"library/default/{address}", inputs, release=release)


def stored(name: str, type_: str, id: str, kind: str = "assistant") -> Record:
    """A record of an object at OpenAI."""
    return replace(Record(Address(kind, name), type_, id, {}))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """A project whose folder is the working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROVISION_ENV", raising=False)
    monkeypatch.delenv("CI", raising=False)
    forget()
    yield Project(tmp_path)
    forget()
