"""What is live, read through the SDK, in the few words that tests need; and an account that is emptied, not remade."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.conftest import Emulators, RunningEmulator
from tests.warm.forks import Forks

if TYPE_CHECKING:
    from openai import OpenAI


@dataclass(frozen=True, slots=True)
class Shared:
    """An emulator with default options, and a client on it, for the whole session."""

    emulator: RunningEmulator
    client: OpenAI

    def empty(self) -> None:
        """Takes everything out of the account and the log. Lists are read whole before anything is deleted."""
        beta = self.client.beta
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            for assistant in list(beta.assistants.list()):
                beta.assistants.delete(assistant.id)
        for agent in list(beta.agents.list()):
            beta.agents.delete(agent.id)
        for template in list(beta.agents.environments.templates.list()):
            beta.agents.environments.templates.delete(template.id)
        for skill in list(self.client.skills.list()):
            self.client.skills.delete(skill.id)
        for store in list(self.client.vector_stores.list()):
            self.client.vector_stores.delete(store.id)
        for file in list(self.client.files.list()):
            self.client.files.delete(file.id)
        os.truncate(self.emulator.log, 0)


class SharedEmulators(Emulators):
    """Starts emulators as `Emulators` does; one without options is the session's, emptied."""

    def __init__(self, folder: Path, running: ExitStack, forks: Forks, open_shared: Callable[[], Shared]) -> None:
        super().__init__(folder, running, forks)
        self._open_shared = open_shared

    @property
    def shared(self) -> Shared:
        """The session's, started when it is first needed."""
        return self._open_shared()

    def __call__(self, **options: Any) -> RunningEmulator:
        if options:
            return super().__call__(**options)
        self.shared.empty()
        self.started.append(self.shared.emulator)
        return self.shared.emulator


@dataclass(frozen=True, slots=True)
class Account:
    """The objects on the emulator that was started last, always as they are now."""

    emulators: SharedEmulators
    _clients: dict[str, OpenAI] = field(default_factory=dict)

    @property
    def client(self) -> OpenAI:
        server, shared = self.emulators.latest, self.emulators.shared
        if server is shared.emulator:
            return shared.client
        if server.base_url not in self._clients:
            self._clients[server.base_url] = server.client()
        return self._clients[server.base_url]

    def files(self) -> dict[str, str]:
        """Ids by file name. Two files of one name are a mistake of the test."""
        found = list(self.client.files.list())
        assert len({file.filename for file in found}) == len(found), found
        return {file.filename: file.id for file in found}

    def stores(self) -> dict[str, Any]:
        """Vector stores by name."""
        return {str(store.name): store for store in self.client.vector_stores.list()}

    def members(self, store: str) -> dict[str, Any]:
        """What a vector store (its id) holds, by file id."""
        return {file.id: file for file in self.client.vector_stores.files.list(store)}

    def agents(self) -> dict[str, Any]:
        """Agents by name; those without one count as one."""
        return {str(agent.name): agent for agent in self.client.beta.agents.list()}

    def templates(self) -> list[Any]:
        """Environment templates."""
        return list(self.client.beta.agents.environments.templates.list())

    def skills(self) -> dict[str, Any]:
        """Skills by the name in their SKILL.md."""
        return {skill.name: skill for skill in self.client.skills.list()}

    def versions(self, skill: str) -> list[str]:
        """The numbers of a skill's versions, oldest first."""
        return [version.version for version in self.client.skills.versions.list(skill, order="asc")]

    def assistants(self) -> dict[str, Any]:
        """Assistants of the Assistants API by name."""
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
            return {str(assistant.name): assistant for assistant in self.client.beta.assistants.list()}

    def counts(self) -> dict[str, int]:
        """How many objects of each type there are, zeros left out."""
        numbers = {
            "files": len(list(self.client.files.list())),
            "stores": len(list(self.client.vector_stores.list())),
            "skills": len(self.skills()),
            "agents": len(self.agents()),
            "templates": len(self.templates()),
            "assistants": len(self.assistants()),
        }
        return {name: number for name, number in numbers.items() if number}
