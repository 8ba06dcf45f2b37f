"""Decides whether the value of a variable is a secret. The values of variables come from outside the manifests, for
example from the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.manifest.secret_scan.credentials import find_credentials
from provisioner.manifest.secret_scan.opaque import IDENTIFIER, is_opaque, is_secret_value, names_secret


def find_secret(name: str, value: Any) -> str | None:
    """Returns a phrase that says which secret the value of a variable contains, such as `an API key`. Returns None if
    the value contains no secret.

    `name` is the name of the variable. Names such as `password` show that the value is probably a secret.
    """
    ahead: list[tuple[str, Any]] = [(name, value)]
    seen: set[int] = set()
    while ahead:
        owner, each = ahead.pop()
        if isinstance(each, str):
            if found := next(iter(find_credentials(each)), None):
                return found.describe()
            if names_secret(owner) and is_secret_value(owner, each):
                return "a credential, as its name says"
        elif isinstance(each, Mapping | list) and id(each) not in seen:
            seen.add(id(each))
            ahead += each.items() if isinstance(each, Mapping) else ((owner, item) for item in each)
            ahead += (("", key) for key in each) if isinstance(each, Mapping) else ()
    return None


def find_process_secret(name: str, value: str | None) -> str | None:
    """Returns why the value of an environment variable is a secret, as the end of a sentence. Returns None if the value
    is not a secret.

    A value that looks generated also counts as a secret, unless it is a digest or a UUID. `name` is the name of the
    variable, and `value` is None if the variable is not set.
    """
    if names_secret(name):
        return "has the name of a secret"
    if value is None:
        return None
    if (found := find_secret(name, value)) is not None:
        return f"holds {found}"
    is_generated = any(is_opaque(word) and not IDENTIFIER.fullmatch(word) for word in value.split())
    return "looks like a secret" if is_generated else None
