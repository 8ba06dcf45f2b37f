"""Removes credentials from URLs that are displayed."""

from __future__ import annotations

from urllib.parse import unquote

HIDDEN = "***"
#: Parts of a password with fewer characters are not hidden, because they may occur in other text.
LONG = 4
#: Schemes whose user name only identifies the user and is not a secret.
NAMED = ("ssh", "git+ssh", "postgresql")


def without_credentials(url: str) -> str:
    """Returns `url` without the password and the query. The user name is removed too if it may be a token. A text
    without `://` is returned unchanged.
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    entrance, at, place = rest.rpartition("@")
    user = entrance.partition(":")[0] + at if _is_named(scheme) else ""
    return f"{scheme}://{user}{place.partition('?')[0]}"


def hide_credentials(text: str, url: str) -> str:
    """Returns `text`, such as a library's message, without the credentials of `url`. They are replaced by a
    placeholder.
    """
    scheme, _, rest = url.partition("://")
    entrance = rest.rpartition("@")[0]
    user, _, password = entrance.partition(":")
    secrets = [password] if _is_named(scheme) else [entrance, password, user]
    # If a password contains `@`, libraries take the rest for the host, and print it.
    parts = [part for part in password.split("@") if len(part) >= LONG]
    for secret in filter(None, [*secrets, *map(unquote, secrets), *parts]):
        text = text.replace(secret, HIDDEN)
    return text


def _is_named(scheme: str) -> bool:
    return scheme.rpartition(":")[2] in NAMED
