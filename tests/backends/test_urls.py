"""What `state:` may say, and what it may not do: run something, or show a password."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from provisioner.core.errors import StateError, UsageError
from provisioner.state.backends import open_backend
from provisioner.state.backends.objectstore import ObjectStore
from provisioner.state.backends.postgres import PostgresStore
from provisioner.state.backends.url_display import hide_credentials, without_credentials

SECRET = "s3cr3t"


@pytest.mark.parametrize(
    "url",
    [
        "git:ext::sh -c touch% {mark}",
        "git:fd::17",
        "git:--upload-pack=touch {mark}",
        "git:ssh://-oProxyCommand=touch {mark}/x",
        "git:-oProxyCommand=touch {mark}:x",
        "git:file:///nowhere#--receive-pack=touch {mark}",
        "git:ext://sh -c touch% {mark}",
        "postgresql://localhost/db?sslkey=engine:x",
        "postgresql://localhost/db?service=x",
    ],
)
def test_nothing_that_a_manifest_names_is_run(url: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    with pytest.raises((UsageError, StateError)):
        open_backend(url.format(mark=mark), "prod").read()
    assert not mark.exists()


def test_a_repository_inside_a_checkout_is_refused_with_its_hooks(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    subprocess.run(["git", "init", "--quiet", "--bare", str(tmp_path / "evil.git")], check=True)
    for url in (f"git:{tmp_path}/evil.git#x", f"git:file://{tmp_path}/evil.git#x"):
        with pytest.raises(UsageError, match="inside the checkout"):
            open_backend(url, "prod")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://me:{SECRET}@host:5432/db", "postgresql://me@host:5432/db"),
        (f"postgresql://me:a@{SECRET}@h1,h2:5433/db?sslmode=require", "postgresql://me@h1,h2:5433/db"),
        (f"git:https://me:{SECRET}@host/x.git#b", "git:https://host/x.git#b"),
        (f"https://{SECRET}@host/x.git", "https://host/x.git"),
        ("git:ssh://git@host/x.git#b", "git:ssh://git@host/x.git#b"),
        ("git@host:x.git", "git@host:x.git"),
        ("../state", "../state"),
    ],
)
def test_a_url_is_shown_without_what_lets_somebody_in(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
    text = f"cannot use {url}" + (f": {SECRET}" if SECRET in url else "")
    assert SECRET not in hide_credentials(text, url)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://localhost/db?password={SECRET}",
        f"postgresql://me:{SECRET}#x@localhost/db",
        f"postgresql://me:%zz{SECRET}@localhost:1/db",
        f"s3://key:{SECRET}@bucket/x",
        f"s3://bucket/x?secret={SECRET}",
        f"mysql://me:{SECRET}@localhost/db",
        f"git:https://me:a#{SECRET}@host/x.git",
    ],
)
def test_a_url_that_cannot_be_used_is_not_repeated_with_its_password(url: str) -> None:
    with pytest.raises((UsageError, StateError)) as caught:
        open_backend(url, "prod").read()
    assert SECRET not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize(
    ("endpoint", "local"),
    [("http://127.0.0.1:9", True), ("http://localhost.example.com", False), ("http://127.0.0.1.example.com", False)],
)
def test_only_this_machine_is_spoken_to_without_encryption(
    endpoint: str, local: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(StateError) as caught:
        ObjectStore("s3://bucket/x", timeout=1).get("a")
    assert ("sending request" in str(caught.value)) is local, caught.value


def test_a_password_of_the_environment_is_no_part_of_the_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert SECRET not in PostgresStore("postgresql://localhost/db").describe()
