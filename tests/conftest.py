"""Fixtures for tests from end to end: an emulator, a project on disk, and the command line as a process of its own.

A test names their types like this: `from tests.conftest import Emulators, Provision, WriteProject`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import hypothesis
import pytest

if TYPE_CHECKING:
    from openai import OpenAI

    from tests.end_to_end.account import Shared, SharedEmulators
    from tests.warm.commands import WarmProvision
    from tests.warm.forks import Forks

CHECKOUT = Path(__file__).parent.parent
KEY = "sk-test"
NOWHERE = "http://127.0.0.1:9/v1"
"""A base URL that nothing listens on: a command that should not speak to a server fails if it does."""

SETTINGS = """\
project: test
state: ../state
defaults: {model: gpt-6-luna}
"""

WriteProject = Callable[[Mapping[str, str | bytes | None]], Path]

# A shell lets the jobs in its background ignore Ctrl-C, and the commands that the tests start would inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing on a busy machine.
hypothesis.settings.register_profile("provision", deadline=None)
hypothesis.settings.load_profile("provision")


class Request(NamedTuple):
    """One line of an emulator's log. `status` is 0 where there was no answer."""

    method: str
    path: str
    status: int


def count(requests: Iterable[Request], method: str, pattern: str) -> int:
    """How many requests have this method (`*`: any) and path. A `*` in `/v1/files/*` stands within one segment."""
    return sum(fnmatchcase(each.method, method) and path_matches(each.path, pattern) for each in requests)


def path_matches(path: str, pattern: str) -> bool:
    segments, patterns = path.split("/"), pattern.split("/")
    return len(segments) == len(patterns) and all(map(fnmatchcase, segments, patterns))


@dataclass(frozen=True, slots=True)
class RunningEmulator:
    """An emulator that listens. `base_url` ends in /v1; `log` is the file with one line per request."""

    base_url: str
    log: Path
    clients: ExitStack

    def requests(self) -> list[Request]:
        """What it was asked so far, in order."""
        lines = self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []
        fields = [line.split() for line in lines]
        return [Request(method, path.partition("?")[0], int(status)) for method, path, status in fields]

    def count(self, method: str, pattern: str) -> int:
        """How many requests it had with this method and path, as in `count("POST", "/v1/vector_stores/*/files")`."""
        return count(self.requests(), method, pattern)

    def client(self) -> OpenAI:
        """A client on it that sends every request once, closed when the test ends."""
        from openai import OpenAI

        return self.clients.enter_context(OpenAI(api_key=KEY, base_url=self.base_url, max_retries=0))


class Emulators:
    """Starts emulators: `emulator(indexing_ms=50)` takes the fields of `Options`. All end when the test ends."""

    def __init__(self, folder: Path, running: ExitStack, forks: Forks) -> None:
        self.started: list[RunningEmulator] = []
        self._folder = folder
        self._running = running
        self._forks = forks

    def __call__(self, **options: Any) -> RunningEmulator:
        from provisioner.emulator.options import Options

        options.setdefault("log", self._folder / f"emulator-{len(self.started) + 1}.log")
        fork = self._forks.start("emulator", Options(**options).arguments(), self._folder, {})
        base_url = fork.hear()
        assert base_url.startswith("http://"), fork.said()
        self._running.callback(fork.kill)
        self.started.append(RunningEmulator(base_url, Path(options["log"]), self._running))
        return self.started[-1]

    @property
    def latest(self) -> RunningEmulator:
        """The one that was started last; the first is started here where the test started none."""
        return self.started[-1] if self.started else self()


@dataclass(frozen=True, slots=True)
class Finished:
    """A command line that ended. Unpacks as `code, stdout, stderr = provision("plan")`."""

    code: int
    stdout: str
    stderr: str
    requests: tuple[Request, ...]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.code, self.stdout, self.stderr))

    def count(self, method: str, pattern: str) -> int:
        """How many requests this command made with this method and path."""
        return count(self.requests, method, pattern)


@dataclass(frozen=True, slots=True)
class Provision:
    """Runs `provision` as a process, in `folder`, against the emulator that was started last."""

    folder: Path
    home: Path
    emulators: Emulators

    def __call__(
        self,
        *arguments: str | Path,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        stdin: str | None = None,
        online: bool = True,
    ) -> Finished:
        """Runs to the end. `env` adds variables (None takes one away); `stdin` is typed in, otherwise there is none.

        With `online=False` no emulator is started, and a request goes nowhere.
        """
        server = self.emulators.latest if online else None
        before = len(server.requests()) if server else 0
        ended = subprocess.run(
            self.command(*arguments),
            cwd=cwd or self.folder,
            env=self.environment(server.base_url if server else NOWHERE, env or {}),
            input="" if stdin is None else stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        requests = server.requests()[before:] if server else []
        return Finished(ended.returncode, ended.stdout, ended.stderr, tuple(requests))

    def command(self, *arguments: str | Path) -> list[str]:
        """What to run; with `environment`, for a test that starts a process itself, as one that kills it does."""
        return [sys.executable, "-m", "provisioner.cli", *map(str, arguments)]

    def environment(self, base_url: str, extra: Mapping[str, str | None]) -> dict[str, str]:
        """A clean environment: a test's key, no CI, no colour, an empty home, nothing of the developer's."""
        variables: dict[str, str | None] = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(CHECKOUT),
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "NO_COLOR": "1",
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": base_url,
            **extra,
        }
        return {name: value for name, value in variables.items() if value is not None}

    def count(self, method: str, pattern: str) -> int:
        """How many requests the latest emulator had in all, as in `count("DELETE", "/v1/files/*")`."""
        return self.emulators.latest.count(method, pattern)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite", action="store_true", help="write the expectations of cases anew, to be reviewed")
    parser.addoption("--whole", action="store_true", help="tests/chaos, tests/backends: try everything, not some of it")


@pytest.hookimpl(tryfirst=True)  # before `-m` selects by marks
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks and selects the cases of parametrized tests.

    Of a test that is marked `first_case_is_quick`, every case except the first is marked `thorough`. Of a test that is
    marked `sampled(every)`, one in so many cases is run; all of them with --whole.
    """
    mark_thorough_cases(items)
    if config.getoption("--whole"):
        return
    seen: dict[str, int] = {}
    kept: list[pytest.Item] = []
    left: list[pytest.Item] = []
    for item in items:
        mark = item.get_closest_marker("sampled")
        name = item.nodeid.partition("[")[0]
        number = seen[name] = seen.get(name, -1) + 1
        (left if mark and number % mark.args[0] else kept).append(item)
    if left and len(items) > len(seen):  # a test that was chosen by its name is run
        config.hook.pytest_deselected(items=left)
        items[:] = kept


def mark_thorough_cases(items: Iterable[pytest.Item]) -> None:
    seen: set[str] = set()
    for item in items:
        name = item.nodeid.partition("[")[0]
        if name in seen and item.get_closest_marker("first_case_is_quick"):
            item.add_marker(pytest.mark.thorough)
        seen.add(name)


@pytest.fixture
def rewrite(request: pytest.FixtureRequest) -> bool:
    """Whether the cases' expectations are written anew."""
    return bool(request.config.getoption("--rewrite"))


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """The process that has everything loaded, from which commands and emulators are forked."""
    from tests.warm.forks import Forks

    with Forks() as running:
        yield running


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, forks: Forks) -> Iterator[Shared]:
    """The session's emulator."""
    from tests.end_to_end.account import Shared

    with ExitStack() as running:
        emulator = Emulators(tmp_path_factory.mktemp("emulator"), running, forks)()
        yield Shared(emulator, emulator.client())


@pytest.fixture
def emulator(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest, forks: Forks
) -> Iterator[SharedEmulators]:
    """Call it with the fields of `Options` to start one; without any it is the session's, emptied."""
    from tests.end_to_end.account import SharedEmulators

    with ExitStack() as running:
        folder = tmp_path_factory.mktemp("emulator")
        yield SharedEmulators(folder, running, forks, lambda: request.getfixturevalue("shared"))


@pytest.fixture
def client(emulator: Emulators) -> OpenAI:
    """A client on an emulator with default options; with others it is `emulator(latency_ms=5).client()`."""
    return emulator.latest.client()


@pytest.fixture
def project(tmp_path: Path) -> WriteProject:
    """Writes files below `manifests/` and returns the folder above it.

    A text is dedented and loses the line break that it begins with, bytes stay as they are, None removes a file.
    Where there is no provision.yaml, SETTINGS become one.
    """

    def write(files: Mapping[str, str | bytes | None]) -> Path:
        for name, content in {**settings_unless_written(tmp_path), **files}.items():
            write_file(tmp_path / "manifests" / name, content)
        return tmp_path

    return write


def settings_unless_written(root: Path) -> dict[str, str]:
    return {} if (root / "manifests" / "provision.yaml").exists() else {"provision.yaml": SETTINGS}


def write_file(path: Path, content: str | bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, str):
        content = textwrap.dedent(content.removeprefix("\n")).encode()
    path.write_bytes(content)


@pytest.fixture
def provision(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, emulator: SharedEmulators, forks: Forks
) -> WarmProvision:
    """Runs the command line in the project's folder: `provision("apply", "--yes").code`."""
    from tests.warm.commands import WarmProvision

    return WarmProvision(tmp_path, tmp_path_factory.mktemp("home"), emulator, forks)


@pytest.fixture
def cold(provision: WarmProvision) -> Provision:
    """Runs the command line as it is installed; for tests that need a process of its own."""
    return Provision(provision.folder, provision.home, provision.emulators)
