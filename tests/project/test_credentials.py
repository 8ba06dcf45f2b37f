"""The key: where it comes from, and to whom it may go."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from provisioner.core.endpoint import OPENAI_URL, Endpoint
from provisioner.core.errors import MissingKey, UntrustedHost
from provisioner.manifest import Settings, load
from provisioner.project.credentials import find_endpoint

KEY = {"OPENAI_API_KEY": "sk-process"}
PROXY = "https://proxy.example.org/v1"


def settings(root: Path, dotenv: str = "", **more: str) -> Settings:
    """A project's settings, with a `.env` beside it."""
    (root / "manifests").mkdir(exist_ok=True)
    lines = ["project: library", *(f"{name}: {value}" for name, value in more.items())]
    (root / "manifests" / "provision.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    if dotenv:
        (root / ".env").write_text(dotenv, encoding="utf-8")
    return load(root / "manifests").settings


def test_the_key_of_the_environment_goes_to_openai(tmp_path: Path) -> None:
    endpoint = find_endpoint(settings(tmp_path), KEY)
    assert (endpoint.base_url, endpoint.api_key) == (OPENAI_URL, "sk-process")
    assert endpoint.key_source == "OPENAI_API_KEY in the environment"


def test_the_environment_wins_over_dotenv(tmp_path: Path) -> None:
    endpoint = find_endpoint(settings(tmp_path, "OPENAI_API_KEY=sk-file\n"), KEY)
    assert endpoint.api_key == "sk-process"


def test_a_key_in_dotenv_will_do(tmp_path: Path) -> None:
    endpoint = find_endpoint(settings(tmp_path, "OPENAI_API_KEY='sk-file'\n"), {})
    assert (endpoint.api_key, endpoint.key_source) == ("sk-file", "OPENAI_API_KEY in .env")


def test_nothing_in_dotenv_is_filled_in(tmp_path: Path) -> None:
    endpoint = find_endpoint(settings(tmp_path, "OPENAI_API_KEY=sk-${HOME}\n"), {"HOME": "/somewhere"})
    assert endpoint.api_key == "sk-${HOME}"


@pytest.mark.parametrize("environ", [{}, {"OPENAI_API_KEY": ""}])
def test_without_a_key_there_is_a_way_to_go_on(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(MissingKey) as caught:
        find_endpoint(settings(tmp_path), environ)
    assert caught.value.hint is not None
    assert "--emulator" in caught.value.hint


def test_dotenv_is_not_read_in_ci(tmp_path: Path) -> None:
    with pytest.raises(MissingKey):
        find_endpoint(settings(tmp_path, "OPENAI_API_KEY=sk-file\n"), {"CI": "true"})


def test_dotenv_is_not_read_where_git_tracks_it(tmp_path: Path) -> None:
    found = settings(tmp_path, "OPENAI_API_KEY=sk-file\n")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert find_endpoint(found, {}).api_key == "sk-file"
    subprocess.run(["git", "add", "-f", ".env"], cwd=tmp_path, check=True)
    with pytest.raises(MissingKey):
        find_endpoint(found, {})


@pytest.mark.parametrize(
    "host",
    [
        PROXY,
        "http://api.openai.com/v1",
        "https://api.openai.com.example.org/v1",
        "https://api.openai.com@example.org/v1",
        "http://127.0.0.1.example.org/v1",
        "http://localhost.example.org/v1",
    ],
)
def test_a_host_that_only_a_file_names_gets_no_key(tmp_path: Path, host: str) -> None:
    for found in (settings(tmp_path, base_url=host), settings(tmp_path, f"OPENAI_BASE_URL={host}\n")):
        with pytest.raises(UntrustedHost) as caught:
            find_endpoint(found, KEY)
        assert caught.value.hint is not None
        assert f"OPENAI_BASE_URL={host}" in caught.value.hint


def test_a_host_that_the_environment_names_gets_it(tmp_path: Path) -> None:
    found = settings(tmp_path, base_url="https://elsewhere.example.org/v1")
    assert find_endpoint(found, {**KEY, "OPENAI_BASE_URL": PROXY}).base_url == PROXY


def test_the_environment_can_agree_with_a_file(tmp_path: Path) -> None:
    assert find_endpoint(settings(tmp_path, base_url=PROXY), {**KEY, "OPENAI_BASE_URL": PROXY}).base_url == PROXY


@pytest.mark.parametrize("host", ["http://127.0.0.1:8765/v1", "http://localhost:1/v1", "http://[::1]:9/v1", OPENAI_URL])
def test_this_machine_and_openai_are_trusted_from_a_file(tmp_path: Path, host: str) -> None:
    assert find_endpoint(settings(tmp_path, base_url=f'"{host}"'), KEY).base_url == host


def test_organisation_and_project_come_from_the_settings_first(tmp_path: Path) -> None:
    environ = {**KEY, "OPENAI_ORG_ID": "org-process", "OPENAI_PROJECT_ID": "proj_process"}
    named = find_endpoint(settings(tmp_path, organization="org-file", openai_project="proj_file"), environ)
    assert (named.organization, named.project) == ("org-file", "proj_file")
    bare = find_endpoint(settings(tmp_path), environ)
    assert (bare.organization, bare.project) == ("org-process", "proj_process")


@pytest.mark.parametrize(
    ("base_url", "account"),
    [
        (OPENAI_URL, "https://api.openai.com/v1"),
        ("https://api.openai.com/v1/", "https://api.openai.com/v1"),
        ("http://127.0.0.1:8765/v1", "http://127.0.0.1/v1"),
        ("http://localhost:1234/v1", "http://localhost/v1"),
        ("https://proxy.example.org:8443/v1", "https://proxy.example.org:8443/v1"),
    ],
)
def test_the_account_is_where_and_whose(base_url: str, account: str) -> None:
    assert Endpoint(base_url, "", "").account == account
    assert Endpoint(base_url, "", "", "org-1", "proj_1").account == f"{account} org-1 proj_1"


def test_an_endpoint_never_shows_its_key() -> None:
    assert "sk-secret" not in repr(Endpoint(OPENAI_URL, "sk-secret", "somewhere"))
