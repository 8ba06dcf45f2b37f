"""Describes and checks the API's base URL and key. Both are determined once, before anything is sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

OPENAI_URL = "https://api.openai.com/v1"
OPENAI_HOST = "api.openai.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: A host that all URL parsers understand in the same way: a name or an IPv4 address in ASCII, or an IPv6 address in
#: brackets.
HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|\[[0-9A-Fa-f:.]+\]")
ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
LARGEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL and the API key for it. `key_source` is a phrase for messages that says where the key was read; the
    key itself is never shown.
    """

    base_url: str
    api_key: str = field(repr=False)
    key_source: str
    organization: str | None = None
    project: str | None = None

    @property
    def loopback(self) -> bool:
        """Whether the server is on the local machine."""
        return is_loopback(self.base_url)

    @property
    def account(self) -> str:
        """The text that identifies the account: base URL, organisation and project. If the server is on the local
        machine, the text contains no port.
        """
        parts = urlsplit(self.base_url)
        host = parts.hostname or ""
        where = host if self.loopback or parts.port is None else f"{host}:{parts.port}"
        return self._owned(f"{parts.scheme}://{where}{parts.path.rstrip('/')}")

    @property
    def shown_account(self) -> str:
        """The account for display: like `account`, but with the port even if the server is on the local machine.

        Two servers on one machine differ only in the port. A state does not record the port, because a local server
        gets another port at each start.
        """
        parts = urlsplit(self.base_url)
        return self._owned(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}")

    def _owned(self, where: str) -> str:
        """Returns the text `where`. If the endpoint has an organisation or a project, they follow after a space."""
        return " ".join([where, *(part for part in (self.organization, self.project) if part)])


def is_loopback(base_url: str) -> bool:
    """Returns whether the host of the URL `base_url` is the local machine."""
    return urlsplit(base_url).hostname in LOOPBACK


def find_base_url_fault(base_url: str) -> str | None:
    """Returns the fault of a base URL, as a phrase such as "names no host". Returns None if the URL has no fault.

    The phrase does not repeat the URL, because the URL may contain a password.
    """
    if not base_url.isascii():
        return "holds characters outside ASCII; write a host as `xn--…` and other characters as `%XX`"
    if not base_url.isprintable() or " " in base_url or "\\" in base_url:
        return "holds a space, a backslash or a control character, such as a line break"
    try:
        parts = urlsplit(base_url)
        port = parts.port
    except ValueError:
        return f"has a host or a port that does not exist; a port is 1 to {LARGEST_PORT}"
    if parts.scheme not in ("http", "https"):
        return "does not begin with https:// or http://"
    written = parts.netloc.rpartition("@")[2]
    host, colon, digits = written.rpartition(":") if not written.endswith("]") else (written, "", "")
    if not HOST.fullmatch(host if colon else written):
        return "names no host"
    if (colon and not digits) or port == 0:
        return f"has an empty port or port 0; a port is 1 to {LARGEST_PORT}"
    if ESCAPE.search(base_url):
        return "holds a `%` that two hexadecimal digits do not follow; write it as `%25`"
    if re.search(r"%(?:[01][0-9A-Fa-f]|7[Ff])", base_url):
        return "holds an encoded control character"
    return None


def find_header_fault(value: str) -> str | None:
    """Returns the reason why `value` cannot be sent in an HTTP header, as a phrase such as "holds a control character".
    Returns None if `value` can be sent.

    The phrase does not repeat the value, because the value may be a secret.
    """
    if not value.isascii():
        return "holds characters outside ASCII, which no HTTP header can carry"
    if not value.isprintable() or value != value.strip() or not value:
        return "holds a control character, such as a line break, or begins or ends with a space"
    return None


def has_version(base_url: str) -> bool:
    """Returns whether the URL's path contains a version of the API, such as `/v1`."""
    return any(re.fullmatch(r"v\d\w*", part) for part in urlsplit(base_url).path.split("/"))
