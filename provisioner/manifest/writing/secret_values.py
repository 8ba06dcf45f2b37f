"""Removes secrets from a manifest entry. If a field allows it, the secret is replaced by `{runtime: NAME}`: a value
that the application provides at runtime.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count
from typing import Any

from msgspec import Struct

from provisioner.core.runtime_values import OWN_PREFIXES
from provisioner.core.text.composition import to_ascii
from provisioner.manifest.parsing.document import Steps
from provisioner.manifest.secret_scan.credentials import find_credentials
from provisioner.manifest.secret_scan.secrets import find_secrets
from provisioner.manifest.writing.paths import remove, replace, spell_path, value_at

#: The fields whose values may be `{runtime: NAME}`: by the name of the field, and by the name of the mapping that
#: contains the field.
RUNTIME_FIELDS = frozenset({"authorization"})
RUNTIME_MAPPINGS = frozenset({"headers", "env"})
#: The beginning of a variable's name that could not be set, or that no definition may have, without it.
PREFIX = "SECRET"

#: The fields with prose. An API key in the prose is replaced, and the rest of the text is kept.
PROSE = frozenset({"instructions", "description"})
REMOVED = "[removed]"
#: The pattern of an API key, from its first character on.
KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_\-.]{7,}")
#: The most API keys that are replaced in one text. A text with more is removed.
MOST_KEYS = 50


class Removed(Struct, frozen=True):
    """A secret that was removed from the field at `path`. If the field is now `{runtime: NAME}`, a value that the
    application provides at runtime, `runtime` is NAME. Otherwise it is None. `is_kept` is true if only the secret was
    removed from a text, and false if the whole field was removed or replaced.
    """

    path: str
    description: str
    runtime: str | None
    is_kept: bool = False


def take_secrets(entry: dict[str, Any], name: str, variables: dict[str, str]) -> Iterator[Removed]:
    """Removes every secret from a manifest entry, and yields a `Removed` value for each. `name` is the name of the
    entry. A secret becomes `{runtime: NAME}`, a value that the application provides at runtime. If the field does not
    allow this, the secret is removed from the text of the field, or the whole field is removed.

    `variables` maps each NAME that was chosen so far to its secret, and new ones are added. Two different secrets never
    get the same NAME, because the application would send one of them to the server of the other.
    """
    done: set[Steps] = set()
    for found in sorted(find_secrets(entry), key=lambda each: len(each.path)):
        if any(found.path[: len(path)] == path for path in done):
            continue
        done.add(found.path)
        shown = spell_path(found.path)
        if takes_runtime(found.path) and isinstance(secret := value_at(entry, found.path), str):
            runtime = _choose_variable(_variable(name, found.path), secret, variables)
            replace(entry, found.path, {"runtime": runtime})
            yield Removed(shown, found.description, runtime)
        elif found.path[-1] in PROSE and (text := without_keys(value_at(entry, found.path))) is not None:
            replace(entry, found.path, text)
            yield Removed(shown, found.description, None, is_kept=True)
        else:
            remove(entry, found.path)
            yield Removed(shown, found.description, None)


def without_keys(text: str) -> str | None:
    """Returns the text with each API key replaced by REMOVED. Returns None if the text contains another kind of
    credential, because it is not certain where that credential ends. Also returns None if the text contains MOST_KEYS
    keys or more.
    """
    for _ in range(MOST_KEYS):
        credential = next(find_credentials(text), None)
        if credential is None:
            return text
        key = KEY.match(text, credential.offset)
        if not credential.shown or key is None:
            return None
        text = f"{text[: key.start()]}{REMOVED}{text[key.end() :]}"
    return None


def takes_runtime(path: Steps) -> bool:
    """Returns whether the value at a path in the entry of an assistant or a tool can be `{runtime: NAME}`, which says
    that the application provides the value at runtime.
    """
    inside = path[-2] if len(path) > 1 else None
    is_secret_of_domain = path[-1] == "value" and "domain_secrets" in path
    return path[-1] in RUNTIME_FIELDS or inside in RUNTIME_MAPPINGS or is_secret_of_domain


def _variable(name: str, path: Steps) -> str:
    """Returns the name of an environment variable for the secret at `path` in the entry `name`. Every shell can set
    this variable, because the name consists of uppercase ASCII letters, digits and `_`.
    """
    words = to_ascii(f"{name}_{path[-1]}".upper())
    variable = re.sub(r"\W+", "_", words).strip("_")
    is_usable = variable and not variable[0].isdigit() and not variable.startswith(OWN_PREFIXES)
    return variable if is_usable else f"{PREFIX}_{variable}".strip("_")


def _choose_variable(wanted: str, secret: str, variables: dict[str, str]) -> str:
    """Returns the name of the variable for a secret. The name is `wanted` if no other secret has this name. Otherwise,
    a number is appended: the first number from 2 on that gives a free name. Adds the name to `variables`.
    """
    names = (wanted if number == 1 else f"{wanted}_{number}" for number in count(1))
    return next(name for name in names if variables.setdefault(name, secret) == secret)
