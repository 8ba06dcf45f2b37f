"""Where the API is, and with which key: decided once, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from provisioner.errors import UntrustedHost

OPENAI_URL = "https://api.openai.com/v1"
OPENAI_HOST = "api.openai.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL and the key for it. `key_source` says where the key came from; the key itself is never shown."""

    base_url: str
    api_key: str = field(repr=False)
    key_source: str
    organization: str | None = None
    project: str | None = None

    @property
    def loopback(self) -> bool:
        """Whether the server is on this machine."""
        return is_loopback(self.base_url)

    @property
    def account(self) -> str:
        """Whose objects these are: base URL (on loopback without the port), organisation and project."""
        parts = urlsplit(self.base_url)
        host = parts.hostname or ""
        where = host if self.loopback or parts.port is None else f"{host}:{parts.port}"
        owner = [part for part in (self.organization, self.project) if part]
        return " ".join([f"{parts.scheme}://{where}{parts.path.rstrip('/')}", *owner])


def is_loopback(base_url: str) -> bool:
    """Whether the URL's host is this machine."""
    return urlsplit(base_url).hostname in LOOPBACK


def check_trust(base_url: str, *, named_by_process: bool) -> None:
    """Raises UntrustedHost where a key would go to a host that only a file names.

    A manifest can come from a fork: a host that it names must not be sent the key.
    """
    host = urlsplit(base_url).hostname
    if host == OPENAI_HOST and urlsplit(base_url).scheme == "https":
        return
    if is_loopback(base_url) or named_by_process:
        return
    raise UntrustedHost(
        f"the key would be sent to {host}, which only a file names",
        hint=f"if you trust it, say so in the environment: OPENAI_BASE_URL={base_url}",
    )
