"""Worlds whose state is on a server, reached through a proxy that may spoil what is said there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from provisioner.backends import Backend, open_backend
from tests.backends.places import PASSWORD, Place
from tests.chaos.proxy import Proxy
from tests.chaos.wire import Wire

#: What a world's state is kept under, as in its own folder.
ENVIRONMENT = "default"

Spoiler = Proxy | Wire


@dataclass(frozen=True, slots=True)
class Kept:
    """One state: what `state:` says, what the command line needs to use it, and the way past the proxy."""

    url: str
    environment: str
    env: Mapping[str, str]
    spoiler: Spoiler
    backend: Backend


@dataclass(frozen=True, slots=True)
class Shelf:
    """A server's room for many states, and the proxy in front of it."""

    place: Place
    spoiler: Spoiler

    @contextmanager
    def keep(self) -> Iterator[Kept]:
        """Room for one state. The environment of this process has to name the server itself."""
        straight = FRESH.get(self.place.name, fresh_url)(self.place)
        backend = open_backend(straight, ENVIRONMENT)
        url, env = through(self.place, straight, self.spoiler.port)
        try:
            yield Kept(url, ENVIRONMENT, env, self.spoiler, backend)
        finally:
            backend.close()


@contextmanager
def shelf(place: Place) -> Iterator[Shelf]:
    """A proxy in front of a server: for PostgreSQL one of statements, for others one of requests."""
    postgresql = place.name == "postgresql"
    spoiler = Wire(place.port) if postgresql else Proxy(f"http://127.0.0.1:{place.port}")
    try:
        yield Shelf(place, spoiler)
    finally:
        spoiler.close()


def through(place: Place, url: str, port: int) -> tuple[str, dict[str, str]]:
    """A URL and an environment that lead to another port."""
    old, new = f"127.0.0.1:{place.port}", f"127.0.0.1:{port}"
    return url.replace(old, new), {name: value.replace(old, new) for name, value in place.env.items()}


def fresh_url(place: Place) -> str:
    """Where nothing is yet."""
    return place.fresh()


def fresh_schema(place: Place) -> str:
    """The URL of a role with a schema of its own, which is all that it sees."""
    import psycopg

    url, name = place.fresh(), f"w_{uuid.uuid4().hex}"
    with psycopg.connect(url, password=PASSWORD, autocommit=True) as connection:
        connection.execute(f"create role {name} login password '{PASSWORD}'")
        connection.execute(f"create schema {name} authorization {name}")
        connection.execute(f"alter role {name} set search_path = {name}")
    return url.replace(f"//{urlsplit(url).username}@", f"//{name}@")


FRESH: dict[str, Callable[[Place], str]] = {"postgresql": fresh_schema}
