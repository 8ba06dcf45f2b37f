"""URLs as people may see them: without what lets somebody in."""

from __future__ import annotations

from urllib.parse import unquote

HIDDEN = "***"
#: Letters from which on a part of a password is told apart from any other text.
LONG = 4
#: Schemes whose user name says who asks and opens nothing.
NAMED = ("ssh", "git+ssh", "postgresql")


def without_credentials(url: str) -> str:
    """The URL without password and query; without the user name, too, where that may be a token."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    entrance, at, place = rest.rpartition("@")
    user = entrance.partition(":")[0] + at if _is_named(scheme) else ""
    return f"{scheme}://{user}{place.partition('?')[0]}"


def hide_credentials(text: str, url: str) -> str:
    """A text about the URL, such as a library's message, with what lets somebody in blotted out."""
    scheme, _, rest = url.partition("://")
    entrance = rest.rpartition("@")[0]
    user, _, password = entrance.partition(":")
    secrets = [password] if _is_named(scheme) else [entrance, password, user]
    # Of a password with an `@` in it, libraries take the rest for the host, and say so.
    parts = [part for part in password.split("@") if len(part) >= LONG]
    for secret in filter(None, [*secrets, *map(unquote, secrets), *parts]):
        text = text.replace(secret, HIDDEN)
    return text


def _is_named(scheme: str) -> bool:
    return scheme.rpartition(":")[2] in NAMED
