"""Implements a lock in a store, which its owner renews regularly. If the renewals stop, another process can take the
lock over.

The owner renews the lock every RENEWAL seconds. After GIVE_UP seconds without a successful renewal, the owner starts no
new operation. A waiting process takes the lock over after it has seen no renewal for LIFE seconds, on its own clock.
The store refuses a write that does not name the stored version.

An owner that has given up still finishes the operations that are running. The owner continues to renew the lock if
possible, so that no other process takes it over meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from msgspec import Struct

from provisioner.core.errors import Locked, LostRace, StateError
from provisioner.state.backends.blob import VersionedBlob
from provisioner.state.backends.blob_store import BlobStore
from provisioner.state.backends.held_lock import AGAIN
from provisioner.state.backends.holder import FREE, Holder, describe_self, encode, parse

#: In seconds: the life of a lease without a renewal, the pause between renewals, and the time for which an owner
#: continues without a successful renewal.
LIFE = 60.0
RENEWAL = 15.0
GIVE_UP = 30.0
#: The seconds between two checks by a waiting process, and between two attempts to renew the lock.
LOOK = 1.0
#: The most attempts to take a free lock that other processes take first. After these attempts, an error is reported.
TRIES = 100


class Terms(Struct, frozen=True):
    """The durations of a lease, in seconds.

    A lease that is not renewed ends after `life`. The owner renews the lease after each pause of `renewal`, and may
    work without a successful renewal for at most `give_up`. A waiting process checks the lease after each pause of
    `look`.
    """

    life: float = LIFE
    renewal: float = RENEWAL
    give_up: float = GIVE_UP
    look: float = LOOK


@dataclass(slots=True)
class Lease:
    """A lock of limited duration in a store, in the blob `name`. When this process may have lost the lock, the event
    `lost` is set, and `notify` is called with the reason. `taken_over` is True if the lock was taken from a former
    owner that had not released it.
    """

    store: BlobStore
    name: str
    terms: Terms
    notify: Callable[[str], None] = lambda message: None
    lost: Event = field(default_factory=Event)
    taken_over: bool = False
    _slot: VersionedBlob = field(init=False)
    _body: dict[str, Any] = field(default_factory=dict)
    _renewed: float = 0.0
    _trouble: str = ""
    _done: Event = field(default_factory=Event)
    _threads: list[Thread] = field(default_factory=list)
    _is_notified: bool = False
    _telling: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._slot = VersionedBlob(self.store, self.name)

    def acquire(self, command: str, timeout: float) -> None:
        """Acquires the lock, after waiting up to `timeout` seconds. `command` is the command of this process, which the
        lock names to other users. Raises Locked, with the owner, if another process holds the lock. Raises StateError
        if the store cannot be used, or if other processes take the free lock first again and again.
        """
        self._body = describe_self(command)
        deadline = time.monotonic() + timeout
        watched, since, refused = "", time.monotonic(), 0
        while refused < TRIES:
            holder = parse(self._slot.read())
            version = self._slot.version or ""
            if version != watched:
                watched, since = version, time.monotonic()
            dead = holder is not None and time.monotonic() - since >= self.terms.life
            if holder is None or dead:
                if self._take():
                    self.taken_over = dead
                    return
                refused += 1
                continue
            if time.monotonic() + self.terms.look > deadline:
                raise _locked(holder, timeout)
            time.sleep(self.terms.look)
        raise StateError(f"{self.store.describe()} does not grant the lock", hint="try again later")

    def seize(self, id: str, command: str) -> Holder:
        """Takes the lock with the id `id` from its owner, and returns the former owner. `command` is the command of
        this process, which the lock names to other users.

        Raises StateError if the lock is free, has another id, or was just renewed.
        """
        self._body = describe_self(command)
        holder = parse(self._slot.read())
        if holder is None:
            raise StateError("the state is not locked")
        if holder.id != id:
            hint = "unlock only a lock whose holder is gone"
            raise StateError(f"the lock is {holder.id}, not {id}: {holder.owner}", hint=hint)
        if not self._take():
            raise StateError(
                f"the lock was just renewed, so its holder is still running ({holder.owner})", hint="wait for it"
            )
        self.taken_over = True
        return holder

    def release(self) -> None:
        """Releases the lock if this process still holds it. If the store cannot be used, reports this to the user, and
        the lock expires later.
        """
        self.abandon()
        try:
            self._slot.write(FREE)
        except LostRace:
            self.lost.set()
        except StateError as error:
            self.notify(f"the lock could not be given back, and ends in {self.terms.life:.0f} s: {error.message}")

    def abandon(self) -> None:
        """Stops the renewals without releasing the lock. The lock expires after `terms.life` seconds, and the next
        owner knows that it was not released.
        """
        self._done.set()
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        """Raises LostRace if this process no longer holds the lock, and StateError if the store cannot be used."""
        blob = self.store.get(self.name)
        holder = parse(None if blob is None else blob.data)
        if holder is None or holder.id != self._body["id"]:
            self.lose("somebody else has taken the lock over")
            raise LostRace("somebody else has taken the lock over; nothing was written", hint=AGAIN)

    def lose(self, why: str) -> None:
        """Sets the event `lost`, so that no new operation starts. The first call also passes the reason `why` to
        `notify`.
        """
        with self._telling:
            self.lost.set()
            if not self._is_notified:
                self._is_notified = True
                self.notify(f"{why}; nothing new is started")

    def _take(self) -> bool:
        try:
            self._slot.write(encode(self._body))
        except LostRace:
            return False
        self._renewed = time.monotonic()
        self._threads = [Thread(target=each, name="lease", daemon=True) for each in (self._keep, self._watch)]
        for thread in self._threads:
            thread.start()
        return True

    def _keep(self) -> None:
        """Renews the lock until this process releases it or another process takes it over. Runs in a thread."""
        while not self._done.wait(self.terms.look if self._trouble else self.terms.renewal):
            self._body["renewals"] += 1
            try:
                self._slot.write(encode(self._body))
            except LostRace:
                self.lose("somebody else has taken the lock over")
                return
            except StateError as error:
                self._trouble = error.message
            else:
                self._trouble, self._renewed = "", time.monotonic()

    def _watch(self) -> None:
        """Reports the lock as lost after `terms.give_up` seconds without a successful renewal, even if a renewal is
        still waiting for the store. Runs in a thread.
        """
        while not self._done.wait(min(self.terms.look, self.terms.give_up / 4)):
            silent = time.monotonic() - self._renewed
            if silent >= self.terms.life and not self._trouble:
                self.lose("this process was suspended for longer than the life of the lock")
            elif silent >= self.terms.give_up:
                why = self._trouble or "the store does not answer"
                self.lose(f"the lock could not be renewed for {self.terms.give_up:g} s: {why}")


def _locked(holder: Holder, timeout: float) -> Locked:
    waited = f" after {timeout:.0f} s of waiting" if timeout else ""
    return Locked(
        f"the state is locked by {holder.owner}{waited} (lock {holder.id})",
        hint="wait with --lock-timeout 90, which also takes over from a holder that has died; "
        f"or, if it certainly has: provision state unlock {holder.id}",
    )
