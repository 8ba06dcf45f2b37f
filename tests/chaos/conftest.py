"""Bad days: processes that are killed, answers that get lost, disks that are full, many at once.

`pytest tests/chaos` tries some of it, `pytest tests/chaos --whole` (`make chaos`) all of it. Either prints a table.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.backends.servers import Servers, servers
from tests.chaos.keeping import Shelf
from tests.chaos.keeping import shelf as shelf_on
from tests.chaos.proxy import Proxy
from tests.chaos.sweeps import Bases
from tests.chaos.tally import PROPERTY, table
from tests.chaos.worlds import LONGEST, new_world, proxy, tally, whole
from tests.warm.forks import Forks

__all__ = ["new_world", "proxy", "servers", "tally", "whole"]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--whole"):
        for item in items:
            item.add_marker(pytest.mark.timeout(LONGEST))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for each in terminalreporter.stats.values() for report in each]
    lines = [value for report in reports for name, value in getattr(report, "user_properties", ()) if name == PROPERTY]
    if lines:
        terminalreporter.section("nothing lost, nothing twice")
        for line in table(sorted(lines)):
            terminalreporter.write_line(line)


@pytest.fixture(scope="session")
def bases(forks: Forks, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return Bases(forks, proxy, tmp_path_factory.mktemp("bases"), {})


@pytest.fixture
def shelf(request: pytest.FixtureRequest, servers: Servers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Room on a server, named by the test's parameter."""
    place = servers(request.param)
    for variable, value in place.env.items():
        monkeypatch.setenv(variable, value)
    with shelf_on(place) as made:
        yield made
