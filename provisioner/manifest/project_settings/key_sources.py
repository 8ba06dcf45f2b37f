"""Reads the sources of the encryption keys from the setting `state_encryption:`. The keys themselves are never in a
manifest.

The pydantic models of this setting are in the module `encryption`, because commands that read only the state do not
need them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct


class KeySource(Struct, frozen=True):
    """The source of an encryption key: the environment variable named `variable`. If `is_command` is false, the
    variable contains the key itself. If `is_command` is true, the variable contains a command that prints the key.
    """

    variable: str
    is_command: bool


class Encryption(Struct, frozen=True):
    """The sources of all encryption keys. `key` is the source of the present key, with which data is encrypted. The
    former keys only decrypt data. If `key` is None, nothing is encrypted.
    """

    key: KeySource | None = None
    former: tuple[KeySource, ...] = ()


def read_encryption(written: Any) -> Encryption:
    """Returns the key sources in `written`, the value of the setting `state_encryption:`. Errors in this value are
    ignored, because the check of the settings reports them.
    """
    if not isinstance(written, Mapping):
        return Encryption()
    former = written.get("former")
    sources = [_source(key) for key in (former if isinstance(former, list) else ())]
    return Encryption(_source(written.get("key")), tuple(source for source in sources if source))


def _source(key: Any) -> KeySource | None:
    if not isinstance(key, Mapping):
        return None
    env, command = key.get("env"), key.get("command_env")
    return KeySource(env, False) if isinstance(env, str) else KeySource(command, True) if command else None
