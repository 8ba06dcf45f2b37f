"""Worlds whose state is on a server, reached through a proxy that may spoil what is said there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlsplit

from provisioner.state.backends import Backend, open_backend
from tests.backends.places import PASSWORD, Place
from tests.chaos.gitwire import GitWire
from tests.chaos.proxy import Junction, Proxy
from tests.chaos.wire import Wire

#: What a world's state is kept under, as in its own folder.
ENVIRONMENT = "default"

Spoiler = Proxy | Wire | GitWire


@dataclass(frozen=True, slots=True)
class Kept:
    """One state: what `state:` says, what the command line needs to use it, and the server without the detour."""

    url: str
    environment: str
    env: Mapping[str, str]
    backend: Backend
    spoiler: Junction


class Gate(Protocol):
    """What stands in front of a server, with a port of its own."""

    @property
    def port(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """A server's room for many states, and the proxy in front of it."""

    place: Place
    spoiler: Spoiler

    def keep(self) -> AbstractContextManager[Kept]:
        """Room for one state."""
        return fresh(self.place, self.spoiler)


@contextmanager
def fresh(place: Place, gate: Gate | None = None) -> Iterator[Kept]:
    """Room for one state, behind a gate or not. The environment of this process has to name the server itself."""
    straight = FRESH[place.name](place) if place.name in FRESH else place.fresh()
    backend = open_backend(straight, ENVIRONMENT)
    url, env = through(place, straight, gate.port if gate else place.port)
    spoiler = gate if isinstance(gate, Junction) else Junction()
    try:
        yield Kept(url, ENVIRONMENT, env, backend, spoiler)
    finally:
        backend.close()


@contextmanager
def shelf(place: Place) -> Iterator[Shelf]:
    """A proxy in front of a server, which knows what is said there."""
    spoiler = SPOILERS.get(place.name, http)(place.port)
    try:
        yield Shelf(place, spoiler)
    finally:
        spoiler.close()


def through(place: Place, url: str, port: int) -> tuple[str, dict[str, str]]:
    """A URL and an environment that lead to another port."""
    old, new = f"127.0.0.1:{place.port}", f"127.0.0.1:{port}"
    return url.replace(old, new), {name: value.replace(old, new) for name, value in place.env.items()}


def fresh_schema(place: Place) -> str:
    """The URL of a role with a schema of its own, which is all that it sees."""
    import psycopg

    url, name = place.fresh(), f"w_{uuid.uuid4().hex}"
    with psycopg.connect(url, password=PASSWORD, autocommit=True) as connection:
        connection.execute(f"create role {name} login password '{PASSWORD}'")
        connection.execute(f"create schema {name} authorization {name}")
        connection.execute(f"alter role {name} set search_path = {name}")
    return url.replace(f"//{urlsplit(url).username}@", f"//{name}@")


def http(port: int) -> Proxy:
    """A proxy in front of a bucket's server."""
    return Proxy(f"http://127.0.0.1:{port}")


SPOILERS: dict[str, Callable[[int], Spoiler]] = {"postgresql": Wire, "git-daemon": GitWire}
FRESH: dict[str, Callable[[Place], str]] = {"postgresql": fresh_schema}
