"""Where the suite keeps states: a server of each kind on loopback, started once, with a fresh place for every test."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

#: Set in CI: there, a program that is missing is a failure.
NO_SKIP = "PROVISION_TEST_ALL_BACKENDS"
PATIENCE = 60.0
#: Keys that open nothing but these servers; Azurite's is the one that its documentation names.
PASSWORD = "correct horse"
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
BUCKET = "states"


@dataclass(frozen=True, slots=True)
class Place:
    """A server with room for many states. `env` is what somebody needs to use it, `process` what to stop."""

    name: str
    fresh: Callable[[], str]
    env: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    port: int = 0

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """The server hangs until the block ends: it takes connections, and answers nothing."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.go_on()

    def go_on(self) -> None:
        """Ends the hanging."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        # PostgreSQL gives each connection a process of its own, in a group of its own.
        for pid in (self.process.pid, *_children(self.process.pid)):
            os.kill(pid, number)


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]


def missing(program: str) -> NoReturn:
    """Skips, saying what is missing; in CI, fails."""
    message = f"{program} is not installed"
    if os.environ.get(NO_SKIP):
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def folder(root: Path) -> Iterator[Place]:
    yield Place("folder", lambda: str(root / uuid.uuid4().hex))


@contextmanager
def git_file(root: Path) -> Iterator[Place]:
    repository = _bare(root)
    yield Place("git-file", lambda: f"git:file://{repository}#state-{uuid.uuid4().hex}")


@contextmanager
def git_daemon(root: Path) -> Iterator[Place]:
    repository, port = _bare(root), free_port()
    listen = ("--listen=127.0.0.1", f"--port={port}", "--reuseaddr", f"--base-path={root}", "--export-all")
    with running(["git", "daemon", *listen, "--enable=receive-pack"], port) as process:
        remote = f"git://127.0.0.1:{port}/{repository.name}"
        yield Place("git-daemon", lambda: f"git:{remote}#state-{uuid.uuid4().hex}", {}, process, port)


@contextmanager
def s3(root: Path) -> Iterator[Place]:
    port = free_port()
    with running([sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], port) as process:
        endpoint = f"http://127.0.0.1:{port}"
        _request("PUT", f"{endpoint}/{BUCKET}", {})
        env = {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
        }
        yield Place("s3", lambda: f"s3://{BUCKET}/{uuid.uuid4().hex}", env, process, port)


@contextmanager
def az(root: Path) -> Iterator[Place]:
    program = shutil.which("azurite-blob") or missing("azurite-blob (npm install azurite)")
    port = free_port()
    words = ("--silent", "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck")
    where = ("--blobHost", "127.0.0.1", "--blobPort", str(port))
    with running([str(program), *words, *where], port, cwd=root) as process:
        endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        _make_container(endpoint)
        env = {
            "AZURE_STORAGE_ENDPOINT": endpoint,
            "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
            "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY,
        }
        yield Place("az", lambda: f"az://{BUCKET}/{uuid.uuid4().hex}", env, process, port)


@contextmanager
def postgresql(root: Path) -> Iterator[Place]:
    """One database; what tests write is told apart by the environments' names. The role `reader` may only read."""
    programs = _postgres_programs()
    data, port = root / "data", free_port()
    # The server refuses to be root.
    rights = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
    data.mkdir()
    (root / "password").write_text(PASSWORD, encoding="utf-8")
    for path in (root, data, root / "password"):
        if rights:
            shutil.chown(path, "nobody", "nogroup")
    initdb = [f"{programs}/initdb", "-D", str(data), "-U", "provision", "-A", "scram-sha-256", "--no-sync"]
    subprocess.run(
        [*initdb, "--pwfile", str(root / "password"), "-E", "UTF8", "--locale=C"],
        check=True,
        capture_output=True,
        cwd=root,
        **rights,  # type: ignore[call-overload]
    )
    words = ("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", f"unix_socket_directories={root}")
    serve = [f"{programs}/postgres", "-D", str(data), "-p", str(port), "-c", "max_connections=200", *words]
    with running(serve, port, cwd=root, **rights) as process:
        _make_roles(port)
        url = f"postgresql://provision@127.0.0.1:{port}/postgres"
        yield Place("postgresql", lambda: url, {"PGPASSWORD": PASSWORD}, process, port)


PLACES = {
    "az": az,
    "folder": folder,
    "git-daemon": git_daemon,
    "git-file": git_file,
    "postgresql": postgresql,
    "s3": s3,
}


@contextmanager
def running(command: list[str], port: int, **options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A server that listens on the port, until the block ends."""
    process = subprocess.Popen(  # type: ignore[call-overload]
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,
        **options,
    )
    try:
        wait_for(port, process)
        yield process
    finally:
        # PostgreSQL's other processes are gone once the first has ended; a kill would leave some behind.
        process.send_signal(signal.SIGINT if "postgres" in command[0] else signal.SIGTERM)
        process.wait(PATIENCE)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, f"{process.args!r} has ended"
        with socket.socket() as line:
            if line.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"{process.args!r} does not listen")


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def _bare(root: Path) -> Path:
    repository = root / "states.git"
    subprocess.run(["git", "init", "--quiet", "--bare", str(repository)], check=True)
    return repository


def _postgres_programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = shutil.which("initdb") or (str(found[-1]) if found else None)
    if path is None:
        missing("PostgreSQL (apt-get install postgresql)")
    return Path(str(path)).parent


def _make_roles(port: int) -> None:
    import psycopg

    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with psycopg.connect(
                f"postgresql://provision@127.0.0.1:{port}/postgres", password=PASSWORD, autocommit=True
            ) as connection:
                connection.execute(f"create role reader login password '{PASSWORD}'")
                connection.execute("alter default privileges grant select on tables to reader")
                return
        except psycopg.OperationalError:  # it listens a little before it lets anybody in
            assert time.monotonic() < deadline
            time.sleep(0.02)


def _make_container(endpoint: str) -> None:
    """Creates the container; Azure's requests are signed with the account's key."""
    date = datetime.now(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    headers = {"x-ms-date": date, "x-ms-version": "2021-08-06"}
    named = "".join(f"{name}:{value}\n" for name, value in headers.items())
    text = "PUT" + "\n" * 12 + named + f"/{ACCOUNT}/{ACCOUNT}/{BUCKET}\nrestype:container"
    digest = hmac.new(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256).digest()
    signed = f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}"
    _request("PUT", f"{endpoint}/{BUCKET}?restype=container", {**headers, "Authorization": signed})


def _request(method: str, url: str, headers: Mapping[str, str]) -> None:
    request = urllib.request.Request(url, b"", {"Content-Type": "", **headers}, method=method)
    urllib.request.urlopen(request, timeout=PATIENCE).close()
