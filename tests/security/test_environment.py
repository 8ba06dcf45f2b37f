"""Mistakes in variables of the environment: each is reported with the variable's name, and without its value."""

from __future__ import annotations

import pytest

from provisioner.core.endpoint import Endpoint
from provisioner.core.errors import UsageError
from provisioner.openai_api.http.client import open_client
from provisioner.project.wiring import LONGEST_TIMEOUT, read_timeout

REMOTE = Endpoint("https://example.invalid/v1", "sk-key", "a test")
LOCAL = Endpoint("http://127.0.0.1:9/v1", "sk-key", "a test")
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, *map(str.lower, VARIABLES), "OPENAI_CUSTOM_HEADERS"):
        monkeypatch.delenv(name, raising=False)


def open_to(endpoint: Endpoint) -> None:
    open_client(endpoint, 1.0, begun=lambda request: None, answered=lambda response: None).close()


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("socks9://bob:hidden@x", "names a proxy by a scheme other than http and https"),
        ("ftp://bob:hidden@x", "names a proxy by a scheme other than http and https"),
        ("http://bob:hidden@[::1", "is no URL of a proxy"),
        ("http://bob:hidden@x:port", "is no URL of a proxy"),
        ("[::1", "is no URL of a proxy"),
        ("http://bob:hidden@x\n:1", "holds a control character"),
        ("socks5://bob:hidden@x:1", "names a SOCKS proxy, which is not supported"),
        ("socks5h://x", "names a SOCKS proxy, which is not supported"),
    ],
)
def test_a_proxy_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=f"^{name} {told}") as raised:
        open_to(REMOTE)
    assert "hidden" not in f"{raised.value.message} {raised.value.hint}"
    open_to(LOCAL)


@pytest.mark.first_case_is_quick
@pytest.mark.parametrize("value", ["http://proxy:8080", "proxy:8080", "https://bob:word@proxy", ""])
def test_a_proxy_that_can_be_used(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    open_to(REMOTE)


def test_of_two_proxies_the_wrong_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy:8080")
    monkeypatch.setenv("ALL_PROXY", "socks4://x")
    with pytest.raises(UsageError, match=r"^ALL_PROXY "):
        open_to(REMOTE)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/nonexistent", "SSL_CERT_FILE names certificates that cannot be read: No such file or directory"),
        ("/", "SSL_CERT_FILE names certificates that cannot be read: "),
        (__file__, "SSL_CERT_FILE names certificates that cannot be read: "),
    ],
)
def test_certificates_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, path: str, told: str) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", path)
    with pytest.raises(UsageError, match=told):
        open_to(REMOTE)
    open_to(LOCAL)


@pytest.mark.parametrize("endpoint", [REMOTE, LOCAL])
@pytest.mark.parametrize(
    "value", ["é: hidden", "X-A: hidden\nX B: hidden", ": hidden", "X-A: hidden é", "X-A: hid\rden", "X(A): hidden"]
)
def test_headers_that_cannot_be_sent(monkeypatch: pytest.MonkeyPatch, endpoint: Endpoint, value: str) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", value)
    with pytest.raises(UsageError, match=r"^line \d of OPENAI_CUSTOM_HEADERS ") as raised:
        open_to(endpoint)
    assert "hid" not in f"{raised.value.message} {raised.value.hint}"


@pytest.mark.parametrize("value", ["", "X-A: b", "X-A: b\nX-C: d: e\n", "no colon", "X-Empty:"])
def test_headers_that_can_be_sent(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", value)
    open_to(LOCAL)


@pytest.mark.parametrize("text", ["1e10", "1e300", "86401", "inf", "nan", "-1", "0", "1e-400", "soon"])
def test_a_time_that_nobody_can_wait(text: str) -> None:
    with pytest.raises(UsageError, match=r"^PROVISION_TIMEOUT is .* no time to wait"):
        read_timeout({"PROVISION_TIMEOUT": text})


@pytest.mark.parametrize("text", ["86400", "0.5", "120"])
def test_a_time_to_wait(text: str) -> None:
    assert read_timeout({"PROVISION_TIMEOUT": text}) == float(text) <= LONGEST_TIMEOUT
