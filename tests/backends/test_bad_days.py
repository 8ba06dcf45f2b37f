"""Stores that are down, slow, read-only, locked or not there: each says what is wrong and what to do."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from provisioner.core.errors import StateError
from provisioner.state.backends import open_backend
from provisioner.state.backends.gitstore import FIRST_WAIT, LONGEST_WAIT, PUSHES, GitStore
from provisioner.state.backends.objectstore import ObjectStore
from provisioner.state.backends.postgres import PostgresStore
from provisioner.state.backends.remote import RemoteBackend
from tests.backends.conftest import Opening
from tests.backends.hasty import hasty
from tests.backends.places import ACCOUNT, ACCOUNT_KEY, BUCKET, PASSWORD, Place, free_port
from tests.backends.samples import STATE
from tests.chaos.world import World
from tests.chaos.worlds import NewWorld

pytestmark = pytest.mark.thorough

SECRET = "s3cr3t-Passw0rd"


def url_down(name: str, password: str = "") -> str:
    """Where nobody listens."""
    port = free_port()
    return {
        "postgresql": f"postgresql://provision{password}@127.0.0.1:{port}/postgres",
        "s3": f"s3://{BUCKET}/x",
        "az": f"az://{BUCKET}/x",
        "git": f"git:http://me{password}@127.0.0.1:{port}/x.git#states",
    }[name]


def environment_down(name: str) -> dict[str, str]:
    endpoint = f"http://127.0.0.1:{free_port()}"
    s3 = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "x", "AWS_ENDPOINT_URL": endpoint}
    az = {"AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT, "AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY}
    return {"s3": s3, "az": {**az, "AZURE_STORAGE_ENDPOINT": f"{endpoint}/{ACCOUNT}"}}.get(name, {})


@pytest.mark.parametrize("name", ["postgresql", "s3", "az", "git"])
def test_a_store_that_is_down_is_told_by_the_command_line(new_world: NewWorld, name: str) -> None:
    world = new_world()
    world.write("all.yaml", "assistants: {reader: {instructions: Read., model: gpt-6-luna}}\n")
    world.write("provision.yaml", f"project: test\nstate: {url_down(name)}\n")
    for words in (("plan", "-v"), ("apply", "--yes", "-v"), ("state", "pull")):
        assert_told(world, name, *words)
    world.write("provision.yaml", "project: test\n")
    assert_told(world, name, "state", "migrate", "-v", url_down(name, f":{SECRET}"))


def assert_told(world: World, name: str, *words: str) -> None:
    ended = world.finish(world.start(*words, env=environment_down(name)))
    assert ended.code == 1
    assert "error: " in ended.err
    assert "cannot be" in ended.err
    assert "check the" in ended.err
    assert SECRET not in ended.said
    assert ACCOUNT_KEY not in ended.said


@pytest.mark.parametrize("leased", ["postgresql", "s3", "az"], indirect=True)
def test_a_store_that_is_slow_is_waited_for(leased: Place, opening: Opening) -> None:
    opening(leased).write(STATE)
    backend = opening(leased)
    with leased.stopped():
        continuing = threading.Timer(0.3, leased.go_on)
        continuing.start()
        assert backend.read() == STATE
    continuing.join()


@pytest.mark.parametrize("remote", ["postgresql", "s3", "az", "git-daemon"], indirect=True)
def test_a_store_that_hangs_is_given_up(remote: Place, opening: Opening) -> None:
    backend = opening.remote(remote)
    backend.write(STATE)
    store = hasty(opening.url(remote), 0.3)
    try:
        impatient = RemoteBackend(store, opening.environment)
        if remote.name != "git-daemon":
            assert impatient.read() == STATE
        with remote.stopped(), pytest.raises(StateError) as caught:
            impatient.read()
        assert caught.value.hint
    finally:
        store.close()
    assert opening(remote).read() == STATE


def test_a_database_that_may_only_be_read_can_be_planned_from(
    opening: Opening, servers: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = servers("postgresql")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    opening(place).write(STATE)
    backend = open_backend(place.fresh().replace("provision@", "reader@"), opening.environment)
    assert backend.read() == STATE
    with pytest.raises(StateError, match="permission denied for table provision_state") as caught:
        backend.write(STATE)
    assert "rights" in str(caught.value.hint)
    with pytest.raises(StateError, match="permission denied"), backend.lock("apply"):
        pass
    backend.close()


def test_a_wrong_password_is_told_and_not_shown(servers: Callable[[str], Place]) -> None:
    url = servers("postgresql").fresh().replace("provision@", f"provision:{SECRET}@")
    store = PostgresStore(url)
    with pytest.raises(StateError, match="password authentication failed") as caught:
        store.get("prod/state.json")
    assert SECRET not in str(caught.value) + store.describe()


def test_a_wrong_key_is_told_and_not_shown(servers: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch) -> None:
    place = servers("az")
    wrong = ACCOUNT_KEY.replace("Eby8", "AAAA")
    for name, value in {**place.env, "AZURE_STORAGE_ACCOUNT_KEY": wrong}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StateError, match="Auth") as caught:
        ObjectStore(place.fresh()).get("prod/state.json")
    assert wrong not in str(caught.value)


@pytest.mark.parametrize("remote", ["s3", "az"], indirect=True)
def test_a_bucket_that_is_not_there_is_no_empty_one(remote: Place) -> None:
    store = ObjectStore(f"{remote.name}://nowhere/x")
    for use in (
        lambda: store.get("a"),
        lambda: store.put("a", b"", None),
        lambda: store.names("a/"),
        lambda: store.delete("a"),
    ):
        with pytest.raises(StateError, match="does not exist") as caught:
            use()
        assert "check the name" in str(caught.value.hint)


def test_a_remote_that_refuses_says_why(tmp_path: Path, servers: Callable[[str], Place]) -> None:
    url = servers("git-file").fresh()
    hook = Path(url.removeprefix("git:file://").partition("#")[0]) / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho states are kept elsewhere >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)
    store = GitStore(url)
    try:
        with pytest.raises(StateError, match="states are kept elsewhere") as caught:
            store.put("prod/lock", b"x", None)
        assert "git push" in str(caught.value.hint)
        assert store.get("prod/lock") is None
    finally:
        hook.unlink()
        store.close()


def test_a_branch_that_stays_locked_is_named_with_the_answer_of_git(
    servers: Callable[[str], Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was killed in the middle of a push may leave the lock of the branch behind on the server."""
    url = servers("git-file").fresh()
    repository, _, branch = url.removeprefix("git:file://").partition("#")
    lock = Path(repository) / "refs" / "heads" / f"{branch}.lock"
    longest: list[float] = []

    def choose(_: float, most: float) -> float:
        longest.append(most)
        return 0

    monkeypatch.setattr("random.uniform", choose)
    lock.touch()
    store = GitStore(url)
    try:
        with pytest.raises(StateError, match="is written by others all the time") as caught:
            store.put("prod/lock", b"x", None)
        assert "cannot lock ref" in str(caught.value.hint)
        assert len(longest) == PUSHES - 1
        assert longest[:3] == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT]
        assert longest[-1] == LONGEST_WAIT
        lock.unlink()
        store.put("prod/lock", b"x", None)
    finally:
        lock.unlink(missing_ok=True)
        store.close()


def test_a_branch_with_something_else_is_left_alone(tmp_path: Path) -> None:
    import subprocess

    git = ("git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@localhost")
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(tmp_path)], check=True)
    (tmp_path / "code.py").touch()
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "Begin"], check=True)
    store = GitStore(f"git:{tmp_path}#main")
    try:
        for use in (lambda: store.get("prod/lock"), lambda: store.put("prod/lock", b"", None)):
            with pytest.raises(StateError, match=r"holds `code\.py`, no state"):
                use()
    finally:
        store.close()


def test_a_file_system_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network file systems answer every lock with ENOLCK."""
    backend = open_backend(str(tmp_path / "state"), "prod")
    with backend.lock("apply"):
        pass

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(StateError, match="cannot be locked: No locks available") as caught, backend.lock("apply"):
        pass
    assert "can lock files" in str(caught.value.hint)
    assert backend.holder() is None


def test_a_folder_that_may_only_be_read_says_so() -> None:
    # Nobody can write here, not even root.
    with pytest.raises(StateError, match="cannot be") as caught, open_backend("/proc/state", "prod").lock("apply"):
        pass
    assert "rights" in str(caught.value.hint)
