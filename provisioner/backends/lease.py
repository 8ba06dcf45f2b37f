"""A lock that lives in a store: it is renewed while its holder lives, and taken over when that has stopped.

| who                | does                                                                            |
|--------------------|---------------------------------------------------------------------------------|
| holder             | renews every RENEWAL; after GIVE_UP without success starts nothing new          |
| somebody who waits | takes over after it has watched LIFE pass, on its own clock, without a renewal  |
| the store          | refuses whatever is written under a version that is no longer there             |
"""

from __future__ import annotations

import getpass
import json
import os
import socket
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event, Thread
from typing import Any

from provisioner.backends.backend import Owner
from provisioner.backends.store import Blob, Store
from provisioner.errors import Locked, LostRace, StateError

#: Seconds: a lease's life, the pause between renewals, and how long a holder goes on without one.
LIFE = 60.0
RENEWAL = 15.0
GIVE_UP = 30.0
#: Seconds between two looks of somebody who waits.
LOOK = 1.0
FREE = b'{"free": true}\n'


@dataclass(frozen=True, slots=True)
class Terms:
    """The times of a lease, in seconds."""

    life: float = LIFE
    renewal: float = RENEWAL
    give_up: float = GIVE_UP
    look: float = LOOK


@dataclass(slots=True)
class Lease:
    """A lease on one name of a store. `lost` is set once it can no longer be relied on; `why` says so to people."""

    store: Store
    name: str
    terms: Terms
    tell: Callable[[str], None] = lambda message: None
    lost: Event = field(default_factory=Event)
    taken_over: bool = False
    _body: dict[str, Any] = field(default_factory=dict)
    _version: str = ""
    _done: Event = field(default_factory=Event)
    _thread: Thread | None = None

    def acquire(self, command: str, timeout: float) -> None:
        """Takes the lease, waiting up to `timeout` seconds. Raises Locked with who holds it, StateError."""
        self._body = _describe_self(command)
        deadline = time.monotonic() + timeout
        watched, since = "", time.monotonic()
        while True:
            blob = self.store.get(self.name)
            if blob is None or _is_free(blob):
                if self._take(blob):
                    return
                continue
            if blob.version != watched:
                watched, since = blob.version, time.monotonic()
            elif time.monotonic() - since >= self.terms.life:
                self.taken_over = self._take(blob)
                if self.taken_over:
                    return
                continue
            if time.monotonic() + self.terms.look > deadline:
                raise _locked(blob, timeout)
            time.sleep(self.terms.look)

    def release(self) -> None:
        """Gives the lease back, where it is still ours. Raises StateError where the store cannot be used."""
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        try:
            self.store.put(self.name, FREE, self._version)
        except LostRace:
            self.lost.set()

    def _take(self, blob: Blob | None) -> bool:
        try:
            self._version = self.store.put(self.name, self._encode(), None if blob is None else blob.version)
        except LostRace:
            return False
        self._thread = Thread(target=self._keep, name="lease", daemon=True)
        self._thread.start()
        return True

    def _keep(self) -> None:
        """Renews until the lease is released or lost."""
        renewed = time.monotonic()
        while not self._done.wait(self.terms.renewal):
            if time.monotonic() - renewed > self.terms.life:
                # Stopped past its life and continued: somebody may have taken over, so not even a renewal is right.
                self._lose("this process was stopped for longer than the lock lives")
                return
            try:
                self._body["renewals"] += 1
                self._version = self.store.put(self.name, self._encode(), self._version)
                renewed = time.monotonic()
            except LostRace:
                if not self._is_ours():
                    self._lose("somebody else has taken the lock over")
                    return
            except StateError as error:
                if time.monotonic() - renewed >= self.terms.give_up:
                    self._lose(f"the lock could not be renewed for {self.terms.give_up:.0f} s: {error.message}")
                    return

    def _is_ours(self) -> bool:
        """Whether a renewal that seemed lost was our own, heard twice."""
        try:
            blob = self.store.get(self.name)
        except StateError:
            return True
        if blob is None or _parse(blob).get("id") != self._body["id"]:
            return False
        self._version = blob.version
        return True

    def _lose(self, why: str) -> None:
        self.lost.set()
        self.tell(f"{why}; nothing new is started")

    def _encode(self) -> bytes:
        return (json.dumps(self._body, sort_keys=True) + "\n").encode()


def read_holder(store: Store, name: str) -> tuple[str, Owner] | None:
    """The id of the lock and who holds it, or None where it is free."""
    blob = store.get(name)
    return None if blob is None or _is_free(blob) else _owner(blob)


def unlock(store: Store, name: str, id: str) -> Owner:
    """Takes the lock `id` away from whoever holds it. Raises StateError where it is another's, or free."""
    blob = store.get(name)
    held = None if blob is None or _is_free(blob) else _owner(blob)
    if blob is None or held is None:
        raise StateError("the state is not locked")
    if held[0] != id:
        raise StateError(f"the lock is {held[0]}, not {id}: {held[1]}", hint="unlock only a lock whose holder is gone")
    store.put(name, FREE, blob.version)
    return held[1]


def _describe_self(command: str) -> dict[str, Any]:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return {
        "id": uuid.uuid4().hex[:12],
        "user": user,
        "host": socket.gethostname(),
        "pid": os.getpid(),
        "command": command,
        "since": datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        "renewals": 0,
    }


def _is_free(blob: Blob) -> bool:
    return bool(_parse(blob).get("free"))


def _parse(blob: Blob) -> dict[str, Any]:
    try:
        body = json.loads(blob.data)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _owner(blob: Blob) -> tuple[str, Owner]:
    body = _parse(blob)
    names = ("user", "host", "pid", "command", "since")
    owner = Owner(**{name: body.get(name, "unknown") for name in names})
    return str(body.get("id", "unknown")), owner


def _locked(blob: Blob, timeout: float) -> Locked:
    id, owner = _owner(blob)
    waited = f" after {timeout:.0f} s of waiting" if timeout else ""
    return Locked(
        f"the state is locked by {owner}{waited} (lock {id})",
        hint="wait with --lock-timeout 90, which also takes over from a holder that has died; "
        f"or, if it surely has: provision state unlock {id}",
    )
