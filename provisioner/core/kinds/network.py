"""Checks whether domains and servers' URLs in manifests have a format that the API accepts."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from provisioner.core.kinds.literal import ServerUrl
from provisioner.core.kinds.model import Filled, refuse

#: A label of a domain, in any script: no space, no control character, and of ASCII's punctuation only `-` and `_`.
LABEL = re.compile(r"(?!-)[^\x00-\x2c\x2e\x2f\x3a-\x40\x5b-\x5e\x60\x7b-\x7f\s]{1,63}(?<!-)")
DOMAIN_LENGTH = 253
ADDRESS = re.compile(r"\[[0-9A-Fa-f:.]+\]")
SCHEMES = ("http", "https")


def is_domain(value: str) -> bool:
    """Returns whether a text is a domain: labels separated by dots, at most 253 characters."""
    return len(value) <= DOMAIN_LENGTH and all(map(LABEL.fullmatch, value.removesuffix(".").split(".")))


def check_domain(value: str) -> str:
    """Returns `value` unchanged. Raises a validation error if it is not a domain, for example a URL, a path, a port or
    a wildcard.
    """
    if "*" in value:
        plain = value.strip().removeprefix("*.")
        advice = f"; write `{plain}`" if is_domain(plain) else ""
        raise refuse(f"wildcards in domains are not supported{advice or '; name each domain'}")
    return check_domain_or_wildcard(value)


def check_domain_or_wildcard(value: str) -> str:
    """Returns `value` unchanged. Raises a validation error if it is not a domain. The first label may be `*`, which
    means every subdomain.
    """
    if not is_domain(value.removeprefix("*.")):
        host = _host_of(value)
        advice = f"`{host}`" if host else "a domain alone, as in `example.org`"
        raise refuse(f"`{value[:80]}` is no domain; write {advice}, without a scheme, a port or a path")
    return value


def check_url(value: str) -> str:
    """Returns `value` unchanged. Raises a validation error if it is not an absolute URL with HTTP or HTTPS."""
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    has_space = any(each.isspace() for each in value)
    netloc = parts.netloc.rpartition("@")[2]
    name = netloc if netloc.endswith("]") else netloc.rpartition(":")[0] or netloc
    if parts.scheme not in SCHEMES or not host or has_space or not (is_domain(name) or ADDRESS.fullmatch(name)):
        raise refuse(f"`{value[:80]}` is no absolute URL; write one as in `https://example.org/mcp`")
    return value


def _host_of(value: str) -> str | None:
    """Returns the domain in a URL, or None if the URL contains no domain."""
    text = value.strip()
    rest = text.partition("://")[2] or text
    host = re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].removeprefix("*.")
    return host if "." in host and is_domain(host) else None


Domain = Annotated[Filled, AfterValidator(check_domain)]
#: A domain in a field for which no source says that wildcards are refused.
DomainOrWildcard = Annotated[Filled, AfterValidator(check_domain_or_wildcard)]
Url = Annotated[ServerUrl, AfterValidator(check_url)]
