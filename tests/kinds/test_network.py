"""What is a domain, and what is the address of a server."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter, ValidationError

from provisioner.core.kinds.network import Domain, DomainOrWildcard, Url

DOMAINS = [
    "example.org",
    "EXAMPLE.org.",
    "localhost",
    "10.0.0.1",
    "xn--p1ai",
    "예시.한국",
    "हिन्दी.भारत",
    "_a.example.org",
]
NO_DOMAINS = ["-a.org", "a-.org", "a..b", ".a", ".", "a/b", "u@a.org", "a b", "a\tb", "a?x", "a#x", "a:443", "[::1]"]
URLS = [
    "https://example.org/mcp",
    "HTTP://Example.org",
    "https://a.org:8443/x?y=1",
    "http://[::1]:80/",
    "https://예시.한국",
]
NO_URLS = [
    "https://{{host}}/",
    "https://a.org:99999",
    "http://",
    "//a.org",
    "https://a b.org",
    "ftp://a.org",
    "https://[::1/",
]


@pytest.mark.parametrize("text", DOMAINS)
def test_a_domain_is_taken(text: str) -> None:
    assert TypeAdapter(Domain).validate_python(text) == text
    assert TypeAdapter(DomainOrWildcard).validate_python(f"*.{text}") == f"*.{text}"


@pytest.mark.parametrize(
    "text", [*NO_DOMAINS, "x" * 64 + ".org", "a." * 130 + "org", "https://example.org", "a.*.org", "*"]
)
def test_what_is_no_domain_is_refused(text: str) -> None:
    for kind in (Domain, DomainOrWildcard):
        with pytest.raises(ValidationError):
            TypeAdapter(kind).validate_python(text)


def test_a_wildcard_is_refused_with_the_domain_to_write() -> None:
    with pytest.raises(ValidationError, match=r"write `example\.org`"):
        TypeAdapter(Domain).validate_python("*.example.org")


@pytest.mark.parametrize(
    "text", ["https://example.org/a", "user@example.org", "http://example.org:80?a", " example.org/"]
)
def test_the_domain_in_a_url_is_named(text: str) -> None:
    with pytest.raises(ValidationError, match=r"write `example\.org`"):
        TypeAdapter(Domain).validate_python(text)


@pytest.mark.parametrize("text", URLS)
def test_a_url_is_taken(text: str) -> None:
    assert TypeAdapter(Url).validate_python(text) == text


@pytest.mark.parametrize(
    "text", [*NO_URLS, "https://a.org\n", "https://a.org/x y", "example.org/mcp", "/mcp", "mailto:a@b.org"]
)
def test_what_is_no_url_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Url).validate_python(text)
