"""Reads and writes the content of a lock's blob. The content says which process owns the lock."""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from provisioner.state.backends.backend import Owner

FREE = b'{"free": true}\n'
UNKNOWN = "unknown"


class Holder(Struct, frozen=True):
    """The owner of a lock, and the id of the lock."""

    id: str
    owner: Owner


def describe_self(command: str) -> dict[str, Any]:
    """Returns the content of the lock that this process acquires to run `command`."""
    return {
        "id": uuid.uuid4().hex[:12],
        "user": user_name(),
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "command": command,
        "since": datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        "renewals": 0,
    }


def describe_owner() -> str:
    """Returns the user and the host of this process in the form that locks display: `USER@HOST`."""
    return f"{user_name()}@{socket.gethostname()}"


def user_name() -> str:
    """Returns the name of the current user. If the user has no name, returns the user's number, or UNKNOWN on a system
    without user numbers.
    """
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # ImportError: the system has no `pwd`.
        return str(os.getuid()) if hasattr(os, "getuid") else UNKNOWN


def encode(body: dict[str, Any]) -> bytes:
    """Returns the JSON data `body` as bytes, in the format in which a lock is stored."""
    return (json.dumps(body, sort_keys=True) + "\n").encode()


def parse(data: bytes | None) -> Holder | None:
    """Returns the owner and the id of the lock whose blob contains `data`. Returns None if the lock is free. If `data`
    cannot be parsed, the returned owner is unknown.
    """
    if data is None or data == FREE:
        return None
    try:
        body = json.loads(data)
    except ValueError:
        body = None
    known = body if isinstance(body, dict) else {}
    names = ("user", "host", "pid", "command", "since")
    owner = Owner(**{name: known.get(name, UNKNOWN) for name in names})
    return Holder(str(known.get("id", UNKNOWN)), owner)
