"""A state on a server: one request at first, and none while it stays in use."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from provisioner import StaleDefinitionWarning, load
from provisioner.core.errors import StateError
from provisioner.state.backends import open_backend
from provisioner.state.backends.remote import RemoteBackend
from tests.backends.servers import Servers
from tests.chaos.proxy import Junction, Proxy, Rule
from tests.chaos.wire import Wire
from tests.loading.conftest import POET, Project, definition

NEW = {**POET, "instructions": "Rhyme better."}


class Remote:
    """A state on a server, with something between that counts the requests."""

    def __init__(self, project: Project, url: str, junction: Junction, read: tuple[str, str]) -> None:
        self.project, self.url, self.junction, self.read = project, url, junction, read
        project.settings(f"project: library\nstate: {url}\n")

    def write(self, **change: object) -> None:
        """Writes another state, and forgets the requests that this took."""
        state = self.project.state(definition(**change))  # type: ignore[arg-type]
        with closing(open_backend(self.url, "default")) as backend:
            assert isinstance(backend, RemoteBackend)
            backend.read()
            backend.write(state)
        self.junction.rule = Rule()

    def requests(self) -> list[tuple[str, str]]:
        return [(each.method, each.path) for each in self.junction.exchanges]


@pytest.fixture(params=["postgresql", "s3"])
def remote(
    request: pytest.FixtureRequest, servers: Servers, project: Project, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Remote]:
    place = servers(request.param)
    for variable, value in place.env.items():
        monkeypatch.setenv(variable, value)
    if request.param == "s3":
        with closing(Proxy(f"http://127.0.0.1:{place.port}")) as proxy:
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
            folder = uuid.uuid4().hex
            yield Remote(project, f"s3://states/{folder}", proxy, ("GET", f"/states/{folder}/default/state.json"))
    else:
        with closing(Wire(place.port)) as wire:
            url = f"postgresql://provision@127.0.0.1:{wire.port}/postgres"
            yield Remote(project, url, wire, ("select", "default/state.json"))


@pytest.mark.thorough
def test_the_first_call_makes_one_request_and_the_next_none(remote: Remote) -> None:
    remote.write()
    assert load("poet") == POET
    assert remote.requests() == [remote.read]
    assert [load("poet") for _ in range(3)] == [POET] * 3
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda _: load("poet"), range(32))) == [POET] * 32
    assert remote.requests() == [remote.read]


@pytest.mark.first_case_is_quick
def test_the_last_definition_outlives_the_server(remote: Remote) -> None:
    remote.write()
    assert load("poet") == POET
    remote.write(inputs=NEW, release=2)
    assert load("poet", max_age=0) == NEW
    assert remote.requests() == [remote.read]
    remote.project.settings(f"project: library\nstate: {broken(remote.url)}\n")
    with pytest.warns(StaleDefinitionWarning, match="stays in use"):
        assert load("poet", max_age=0) == NEW


def broken(url: str) -> str:
    """The same kind of place, where nothing is."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://nowhere/{rest}" if scheme == "s3" else "postgresql://provision@127.0.0.1:9/postgres"


def test_without_a_server_the_first_call_fails(remote: Remote) -> None:
    remote.project.settings(f"project: library\nstate: {broken(remote.url)}\n")
    with pytest.raises(StateError):
        load("poet")
