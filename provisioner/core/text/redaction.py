"""Removes secrets from texts. The secrets are values that this process has read, such as API keys and passwords.

A secret is registered when it is read. `redact` then replaces the secret in every text: in a server's response that
repeats the key, in a library's message, in a log. A secret is also replaced if it is encoded: with percent signs, with
the escapes of JSON, HTML or Python, as hexadecimal digits, as a list of numbers, or in base64. In base64, the secret is
found even if a name precedes it (basic authentication), or if the base64 has several lines.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from provisioner.core.text.encodings import Finder, find_spans, is_too_short, replace_spans

#: The text that replaces a secret.
HIDDEN = "(redacted)"
#: Values that are never hidden, because the documentation recommends them as a key for servers that need no key.
PUBLIC = frozenset({"emulator"})
#: Passwords with fewer characters, or of letters only, may be ordinary words. They are replaced in messages, and never
#: in data.
LONG_PASSWORD = 12
#: A key with fewer characters is replaced only if no letter or digit is beside it, and only in messages.
LONG_KEY = 8
#: In a key of several lines, such as a private key, each line with at least this many characters is a secret too.
LONG_LINE = 16
#: Variables that hold a key.
KEYS = re.compile(
    r"OPENAI_(?:ADMIN_)?(?:API_)?KEY|AWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN)|GITHUB_TOKEN|GH_TOKEN|CI_JOB_TOKEN"
    r"|ACTIONS_(?:RUNTIME_TOKEN|ID_TOKEN_REQUEST_TOKEN)|AZURE_(?:STORAGE_)?(?:ACCOUNT_KEY|KEY|ACCESS_KEY|SAS_KEY"
    r"|SAS_TOKEN|TOKEN|CLIENT_SECRET|CONNECTION_STRING)|GOOGLE_(?:SERVICE_ACCOUNT_KEY|SERVICE_ACCOUNT|TOKEN)"
)
#: Variables whose names say that they hold a key or a password.
NAMED = re.compile(r"(?:.*[_-])?(?:PASSWORD|PASSWD|PASS|PGPASSWORD|SECRET|TOKEN|KEY)(?:_\d+)?", re.IGNORECASE)
ENTRANCE = re.compile(r"://[^/?#\s]*@")


class Secret(Struct, frozen=True):
    """A value that is hidden in output, with the `Finder` that finds it in texts.

    If `word` is True, the value may be an ordinary word. If `sure` is True, the value is certainly a key; otherwise
    only the name of its variable suggests that the value is secret.
    """

    finder: Finder
    word: bool
    sure: bool


_secrets: dict[str, Secret] = {}
_lock = Lock()


def register(value: str, *, guessable: bool = False) -> None:
    """Registers `value` as a secret of this process, so that it is hidden in output. Very short values are not
    registered, and neither are the values in PUBLIC, which the documentation recommends as keys for servers that need
    no key.

    `guessable` means that the value is a password, which may be an ordinary word. A short password of letters only is
    not registered.
    """
    stripped = value.strip()
    if stripped in PUBLIC or is_too_short(stripped):
        return
    word = stripped.isalpha() or len(stripped) < LONG_PASSWORD if guessable else len(stripped) < LONG_KEY
    if guessable and stripped.isalpha() and len(stripped) < LONG_PASSWORD:
        return
    lines = [line for line in map(str.strip, re.split(r"[\r\n]+|\\n", stripped)) if line]
    with _lock:
        if len(lines) == 1:
            _add(stripped, word=word, sure=not guessable)
        for line in lines if len(lines) > 1 else ():
            if len(line) >= LONG_LINE and not line.startswith("-----"):
                _add(line, word=False, sure=not guessable)


def _add(value: str, *, word: bool, sure: bool) -> None:
    known = _secrets.get(value)
    if known is None or (sure and not known.sure):
        _secrets[value] = Secret(Finder(value, alone=word), word, sure)


def register_url(url: str, *, is_from_settings: bool = False) -> None:
    """Registers the secret part of a URL: its password. If the URL has no password, a long user name is registered,
    because it may be a token.

    `is_from_settings` means that the URL comes from the settings, and so from the branch under review. In this case, a
    secret that contains spaces is not registered. Otherwise a branch could hide ordinary words in the review of a
    prompt.
    """
    if not ENTRANCE.search(url):
        return
    try:
        entrance = urlsplit(url.removeprefix("git:")).netloc.rpartition("@")[0]
    except ValueError:
        entrance = url.partition("://")[2].rpartition("@")[0]
    user, _, password = entrance.partition(":")
    secret = password or (user if len(user) >= LONG_LINE else "")
    if is_from_settings and len(unquote(secret).split()) > 1:
        return
    for each in dict.fromkeys((secret, unquote(secret))):
        register(each, guessable=True)


def register_variables(variables: Mapping[str, str]) -> None:
    """Registers the secrets among environment variables. Keys, tokens and passwords are recognised by the names of the
    variables. Passwords in URLs are registered too.
    """
    for name, value in variables.items():
        register_url(value)
        if KEYS.fullmatch(name):
            for each in _parts(value):
                register(each)
        elif NAMED.fullmatch(name) and "://" not in value and not os.path.exists(value):
            register(value, guessable=True)


def redact(text: str) -> str:
    """Returns the message `text` with every registered secret hidden."""
    return _replace(text, list(_secrets.values()))


def redact_data(text: str) -> str:
    """Returns the data in `text` with the registered secrets hidden, except secrets that may be ordinary words.

    Ordinary words occur in data by chance.
    """
    return _replace(text, _in_data())


def redact_keys(text: str) -> str:
    """Returns the data in `text` with the keys of this process hidden, and no other secrets. These are the API keys
    that are used, and the values of the variables in KEYS.

    This function is used for responses of the server, which knows only the keys that were sent. Passwords in URLs are
    not hidden. The value of a variable is not hidden if only the name of the variable suggests a key, because such a
    value may be an id, which must not be changed.
    """
    return _replace(text, _in_data(sure=True))


def redact_values(value: Any, replace: Callable[[str], str] = redact_data) -> Any:
    """Returns a copy of a JSON value in which the secrets are hidden in all strings and in all keys of objects.
    `replace` is the function that hides the secrets in a string.
    """
    if isinstance(value, str):
        return replace(value)
    if isinstance(value, Mapping):
        return {replace(name): redact_values(each, replace) for name, each in value.items()}
    return [redact_values(each, replace) for each in value] if isinstance(value, list | tuple) else value


def count_secrets() -> int:
    """Returns the number of registered secrets. The number grows with each new secret."""
    return len(_secrets)


def holds_secret(text: str) -> bool:
    """Returns whether the text contains a secret that `redact_data` would hide."""
    return _holds(text, _in_data())


def holds_key(text: str) -> bool:
    """Returns whether the text contains a key that `redact_keys` would hide."""
    return _holds(text, _in_data(sure=True))


def length_of_unfinished(text: str) -> int:
    """Returns the number of characters at the end of `text` that may be the beginning of a secret. Returns 0 if the end
    of `text` cannot be the beginning of a secret. Encoded forms of secrets are not looked for.
    """
    longest = 0
    for value in list(_secrets):
        start = min(len(value) - 1, len(text))
        longest = next((size for size in range(start, longest, -1) if text.endswith(value[:size])), longest)
    return longest


def _in_data(*, sure: bool = False) -> list[Secret]:
    return [each for each in list(_secrets.values()) if not each.word and (each.sure or not sure)]


def _holds(text: str, secrets: list[Secret]) -> bool:
    return bool(find_spans(text, [each.finder for each in secrets], most=1))


def _replace(text: str, secrets: list[Secret]) -> str:
    return replace_spans(text, find_spans(text, [each.finder for each in secrets]), HIDDEN)


def _parts(value: str) -> list[str]:
    """Returns the secrets in the value of an environment variable. They are the secret parts of a JSON document or of a
    connection string, or otherwise the whole value. The path of a JSON file contains no secret.
    """
    if value.lstrip().startswith("{"):
        try:
            document = json.loads(value)
        except ValueError:
            return [value]
        return [str(document[name]) for name in ("private_key", "private_key_id") if document.get(name)]
    if value.endswith(".json"):  # The file of a service account.
        return []
    return re.findall(r"(?:AccountKey|SharedAccessSignature)=([^;]+)", value) or [value]
