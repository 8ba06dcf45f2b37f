"""URLs and header values that settings, `.env` or the environment hold, in odd spellings: an error that says which."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.core.endpoint import Endpoint, find_base_url_fault, find_header_fault
from provisioner.core.errors import InvalidManifest, ProvisionError, StateError, UsageError
from provisioner.manifest import Settings, load
from provisioner.project.credentials import find_endpoint, read_dotenv
from provisioner.project.trusted_hosts import check_api, check_state
from provisioner.state.backends import open_backend
from provisioner.state.backends.objectstore import ObjectStore
from tests.conftest import Provision, WriteProject

SECRET = "s3cr3t"

URLS = {
    "port too large": "https://host:99999/v1",
    "port of letters": "https://host:http/v1",
    "port 0": "https://host:0/v1",
    "no port": "https://host:/v1",
    "negative port": "https://host:-1/v1",
    "port of other digits": "https://host:٤٤٣/v1",
    "two ports": "https://host:1:2/v1",
    "open bracket": "https://[::1/v1",
    "no address in brackets": "https://[host]:1/v1",
    "line break": "https://host/v1\nx",
    "line break at the end": "https://host/v1\n",
    "carriage return in the host": "https://ho\rst/v1",
    "tab": "https://ho\tst/v1",
    "NUL": "https://host\0.example/v1",
    "space": "https://host /v1",
    "encoded line break": "https://host/%0d%0av1",
    "encoded NUL": "https://host/v1%00",
    "half an encoding": "https://host/v1%4",
    "no encoding": "https://host/%zz",
    "encoded host": "https://api.openai%2ecom/v1",
    "host outside ASCII": "https://prøj.example/v1",
    "path outside ASCII": "https://host/prøj",
    "full-width dot": "https://api．openai.com/v1",
    "backslash": "https://host\\@api.openai.com/v1",
    "no scheme": "host/v1",
    "another scheme": "ftp://host/v1",
    "no host": "https:///v1",
    "nothing but a scheme": "https://",
    "a lone surrogate": "https://host/\ud800",
    "a password": f"https://me:{SECRET}@host:99999/v1",
}
VALUES = {
    "outside ASCII": "prøj",
    "Korean": "proj_햄릿",
    "line break": "proj_1\nX-Other: 1",
    "line break at the end": "proj_1\n",
    "carriage return": "proj_1\rx",
    "NUL": "proj_1\0",
    "control character": "proj_\x1b[31m",
    "delete": "proj_\x7f",
    "space at the end": "proj_1 ",
    "no-break space": "proj_1\u00a0",
    "invisible": "proj_\u200b1",
    "a lone surrogate": "proj_\ud800",
}


def settings(folder: Path, **values: str) -> Settings:
    """Settings as a manifest has them; JSON is YAML, and can write every character."""
    (folder / "manifests").mkdir(exist_ok=True)
    text = json.dumps({"project": "p", **values})
    (folder / "manifests" / "provision.yaml").write_text(text, encoding="utf-8")
    return load(folder / "manifests").settings


def said_by(error: ProvisionError) -> str:
    diagnostics = error.diagnostics if isinstance(error, InvalidManifest) else []
    return " ".join([error.message, error.hint or "", *(each.message for each in diagnostics)])


@pytest.mark.parametrize("name", URLS)
def test_an_odd_base_url_is_an_error_wherever_it_stands(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest) as caught:
        settings(tmp_path, base_url=URLS[name])
    assert SECRET not in said_by(caught.value)
    if find_base_url_fault(URLS[name].strip()) is None:  # white space around a variable's value is no part of it
        stripped = find_endpoint(settings(tmp_path), {"OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": URLS[name]})
        assert stripped.base_url == URLS[name].strip()
        return
    with pytest.raises(UsageError) as refused:
        find_endpoint(settings(tmp_path), {"OPENAI_API_KEY": "sk-x", "OPENAI_BASE_URL": URLS[name]})
    assert "the base URL" in refused.value.message
    assert SECRET not in said_by(refused.value)


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("field", ["openai_project", "organization"])
def test_a_value_that_no_header_can_carry_is_an_error(name: str, field: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest) as caught:
        settings(tmp_path, **{field: VALUES[name]})
    assert caught.value.diagnostics[0].place is not None
    variable = {"openai_project": "OPENAI_PROJECT_ID", "organization": "OPENAI_ORG_ID"}[field]
    environment = {"OPENAI_API_KEY": "sk-x", variable: VALUES[name]}
    if find_header_fault(VALUES[name].strip()) is None:  # white space around a variable's value is no part of it
        endpoint = find_endpoint(settings(tmp_path), environment)
        assert VALUES[name].strip() in (endpoint.project, endpoint.organization)
        return
    with pytest.raises(UsageError, match=variable):
        find_endpoint(settings(tmp_path), environment)


@pytest.mark.parametrize("key", ["sk-prøj", "sk-\0x", "sk-a\nb"])
def test_a_key_that_no_header_can_carry_is_an_error_without_the_key(key: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="OPENAI_API_KEY") as caught:
        find_endpoint(settings(tmp_path), {"OPENAI_API_KEY": key})
    assert key not in said_by(caught.value)


@pytest.mark.thorough
@given(st.text())
def test_what_passes_can_be_asked_for_its_account(text: str) -> None:
    for url in (text, f"https://{text}", f"https://host:{text}/v1", f"https://host/{text}"):
        if find_base_url_fault(url) is None:
            assert Endpoint(url, "", "").account
            with_key_or_refused(url)


def with_key_or_refused(url: str) -> None:
    try:
        check_api(url, {}, named_by_process=False)
    except UsageError:
        return


@given(st.text(min_size=1))
def test_what_passes_can_be_sent(text: str) -> None:
    import httpx2

    if find_header_fault(text) is None:
        assert httpx2.Headers({"OpenAI-Project": text})["openai-project"] == text


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize(
    "field", [{"openai_project": "prøj"}, {"organization": "o\nx"}, {"base_url": "https://h:x/v1"}], ids=str
)
def test_every_command_names_the_place(field: dict[str, str], project: WriteProject, provision: Provision) -> None:
    project({"provision.yaml": json.dumps({"project": "p", **field})})
    for command in (("validate",), ("plan",), ("lint",), ("output",)):
        ended = provision(*command, online=False)
        assert ended.code == 1
        assert "manifests/provision.yaml:1:" in ended.stderr + ended.stdout
        assert "Traceback" not in ended.stderr
        assert "bug here" not in ended.stderr


# --- states ----------------------------------------------------------------------------------------------------------

STATES = {
    "NUL in a folder": "../sta\0te",
    "NUL in a bucket": "s3://bucket/a\0b",
    "line break in a bucket": "s3://bucket/a\nb",
    "NUL in a database": f"postgresql://me:{SECRET}\0@host/db",
    "line break in a database": f"postgresql://me:{SECRET}@host/db?application_name=a\nb",
    "escape in a database": f"postgresql://me:{SECRET}\x1b@host/db",
    "port of a database": f"postgresql://me:{SECRET}@host:99999/db",
    "port 0 of a database": "postgresql://host:0/db",
    "port of other digits of a database": "postgresql://host:٤/db",
    "one port of many": "postgresql://a:5432,b:70000/db",
    "NUL in a path of git": "git:/srv/a\0b",
    "NUL in a URL of git": "git:https://host/a\0b",
    "line break in git": "git:https://host/a\nb",
    "encoded NUL in git": "git:file:///srv/a%00b",
    "encoded line break in git": "git:https://host/%0ahost=evil.example",
    "encoded carriage return in git": "git:https://host/a%0Dhost=evil.example",
    "encoded escape in a path": "git:file:///srv/%1b",
    "port of git": "git:https://host:99999/x.git",
    "port of git over ssh": "git:ssh://git@host:0/x.git",
    "port of other digits of git": "git:ssh://git@host:٢٢/x.git",
    "letters for a port of git": "git:https://host:https/x.git",
    "host of git outside ASCII": "git:https://høst/x.git",
    "encoded host of git": "git:https://h%6fst/x.git",
    "a lone surrogate in git": "git:/srv/\ud800",
    "bytes that are no text in git": "git:file:///srv/%ff",
    "one slash": "git:file:/srv/x.git",
    "one slash in upper case": "git:File:/srv/x.git",
}


def open_state(folder: Path, state: str) -> None:
    """As a command does with the state that a manifest names."""
    found = settings(folder, state=state)
    check_state(found.state, {}, found.root)
    open_backend(found.state, "prod").read()


@pytest.mark.parametrize("name", STATES)
def test_an_odd_place_of_a_state_is_an_error(name: str, tmp_path: Path) -> None:
    with pytest.raises((InvalidManifest, UsageError, StateError)) as caught:
        open_state(tmp_path, STATES[name])
    assert SECRET not in said_by(caught.value)
    if not name.startswith("NUL in a folder"):
        with pytest.raises((UsageError, StateError)) as refused:
            open_backend(STATES[name], "prod").read()
        assert SECRET not in said_by(refused.value)


def test_a_root_with_nul_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest):
        settings(tmp_path, root="..\0")


CLOUDS = [
    ("s3://bucket/x", "AWS_SECRET_ACCESS_KEY", f"{SECRET}\n"),
    ("s3://bucket/x", "AWS_ACCESS_KEY_ID", f"{SECRET}\n"),
    ("s3://bucket/x", "AWS_ACCESS_KEY_ID", f"{SECRET}\rx"),
    ("S3://bucket/x", "AWS_SESSION_TOKEN", f"{SECRET}\x7f"),
    ("s3://bucket/x", "AWS_REGION", "eu\n"),
    ("s3://bucket/x", "AWS_ENDPOINT_URL", "http://[::1"),
    ("s3://bucket/x", "AWS_ENDPOINT_URL", f"http://me:{SECRET}@127.0.0.1:99999"),
    ("s3://bucket/x", "AWS_ENDPOINT_URL_S3", "http://127.0.0.1:x"),
    ("s3://bucket/x", "AWS_ENDPOINT", "http://høst"),
    ("az://container/x", "AZURE_STORAGE_ACCOUNT_NAME", "a\nb"),
    ("az://container/x", "AZURE_STORAGE_ACCOUNT_KEY", f"{SECRET}\n"),
    ("az://container/x", "AZURE_STORAGE_ENDPOINT", "http://127.0.0.1:99999"),
    ("gs://bucket/x", "GOOGLE_APPLICATION_CREDENTIALS", "/a\nb"),
]


@pytest.mark.parametrize(("url", "name", "value"), CLOUDS)
def test_an_odd_variable_of_a_cloud_is_named_without_its_value(
    url: str, name: str, value: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "b")
    monkeypatch.setenv(name, value)
    with pytest.raises(StateError) as caught:
        ObjectStore(url, timeout=1).get("a")
    assert name in caught.value.message
    assert SECRET not in said_by(caught.value)
    assert "panicked" not in capfd.readouterr().err


def test_a_dotenv_that_is_no_text_is_an_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"OPENAI_API_KEY=sk-\xff\xfe\n")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_dotenv(tmp_path, {})


def test_a_dotenv_under_another_name_is_not_read(tmp_path: Path) -> None:
    (tmp_path / ".ENV").write_text("OPENAI_API_KEY=sk-x\n", encoding="utf-8")
    assert read_dotenv(tmp_path, {}) == {}
