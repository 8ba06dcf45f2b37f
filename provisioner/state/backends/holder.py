"""The content of a lock's blob: its owner."""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from provisioner.state.backends.backend import Owner

FREE = b'{"free": true}\n'
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Holder:
    """The owner of a lock, and the lock's id."""

    id: str
    owner: Owner


def describe_self(command: str) -> dict[str, Any]:
    """Returns this process as the owner of a lock."""
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
    """Returns user and host of this process in the format of a lock: user@host."""
    return f"{user_name()}@{socket.gethostname()}"


def user_name() -> str:
    """Returns the name of the current user, or the user's number, or UNKNOWN on a system without numbers."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # ImportError: the system has no `pwd`.
        return str(os.getuid()) if hasattr(os, "getuid") else UNKNOWN


def encode(body: dict[str, Any]) -> bytes:
    """Returns a lock's blob."""
    return (json.dumps(body, sort_keys=True) + "\n").encode()


def parse(data: bytes | None) -> Holder | None:
    """Returns the owner of the lock, or None if it is free. An unreadable lock has an unknown owner."""
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
