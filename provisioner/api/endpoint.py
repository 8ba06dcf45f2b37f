"""Where the API is, and with which key: decided once, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit

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
