"""What a lock's blob says: who holds it."""

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
    """Whoever holds a lock, and the lock's id."""

    id: str
    owner: Owner


def describe_self(command: str) -> dict[str, Any]:
    """This process as a holder."""
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
    """Whoever runs this and where, as a lock names its owner: user@host."""
    return f"{user_name()}@{socket.gethostname()}"


def user_name() -> str:
    """The name of whoever runs this, or the number."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def encode(body: dict[str, Any]) -> bytes:
    """A lock's blob."""
    return (json.dumps(body, sort_keys=True) + "\n").encode()


def parse(data: bytes | None) -> Holder | None:
    """Who holds the lock, or None where it is free. What is no lock of ours is held by somebody unknown."""
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
